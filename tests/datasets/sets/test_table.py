"""A table as a data set."""

import numpy as np
import pytest

from tests.helpers import tables
from trainer.datasets import DataError, Table
from trainer.ground.streams import stream

ROWS = tables.without(tables.houses(200), "dear")


def make(folder, rows=ROWS, validation=0.1, **options):
    file = tables.write(folder / "houses.csv", rows)
    options = {"file": file, "target": "price"} | options
    return Table(**Table.completed(options, validation, stream(0, "split")))


def test_the_parts_are_disjoint_and_the_test_is_always_the_same(tmp_path):
    dataset = make(tmp_path)
    one, two = (dataset.divided(0.1, stream(seed, "split")) for seed in (0, 1))
    assert [len(part) for part in (one.train, one.validation, one.test)] == [144, 16, 40]
    np.testing.assert_array_equal(one.test.targets, two.test.targets)
    assert not np.array_equal(one.train.targets, two.train.targets)
    together = np.concatenate([part.targets for part in (one.train, one.validation, one.test)])
    encoded = dataset.target.encoded(dataset.frame(dataset.place()))
    np.testing.assert_array_equal(np.sort(together, axis=0), np.sort(encoded, axis=0))
    for index in range(40):  # an example knows its row in the file
        row = int(one.test.place(index).removeprefix("row "))
        assert one.test.targets[index] == encoded[row - 1]


def test_only_training_rows_teach(tmp_path):
    dataset = make(tmp_path)
    train = dataset.divided(0.1, stream(0, "split")).train
    np.testing.assert_allclose(train.targets.mean(), 0, atol=1e-6)
    np.testing.assert_allclose(train.targets.std(), 1, rtol=1e-5)
    place = dataset.features.names.index("area")
    np.testing.assert_allclose(train.inputs[:, place].mean(), 0, atol=1e-6)


def test_units_of_the_target(tmp_path):
    dataset = make(tmp_path)
    prices = [float(row["price"]) for row in ROWS]
    assert min(prices) < dataset.target_mean[0] < max(prices)
    assert dataset.target_std[0] > 1000
    classes = make(tmp_path, tables.without(tables.houses(60), "price"), target="dear")
    assert classes.target_mean == classes.target_std == ()


def test_without_test_and_validation_every_row_is_for_training(tmp_path):
    """Nothing is needed to divide by: neither groups, times nor several classes."""
    alike = [ROWS[0] | {"patient": "7"}] * 5
    known = make(tmp_path, [row | {"patient": str(n // 10)} for n, row in enumerate(ROWS)], group="patient")
    options = known.options | {"file": tables.write(tmp_path / "alike.csv", alike), "test": 0.0}
    learned = {"features": known.features.to_json(), "learned_target": vars(known.target)}
    splits = Table(**options, **learned).divided(0.0, stream(0, "split"))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [5, 0, 0]


def test_a_group_stays_together(tmp_path):
    rows = [row | {"patient": f"patient {number % 20}"} for number, row in enumerate(ROWS)]
    dataset = make(tmp_path, rows, group="patient")
    assert "patient" not in dataset.features.names
    parts = vars(dataset.divided(0.1, stream(0, "split"))).values()
    train, held, test = (set(part.targets[:, 0].tolist()) for part in parts)
    groups = {}
    for row, value in zip(rows, dataset.target.encoded(dataset.frame(dataset.place()))[:, 0].tolist(), strict=True):
        part = next(place for place, values in enumerate((train, held, test)) if value in values)
        groups.setdefault(row["patient"], set()).add(part)
    assert all(len(parts) == 1 for parts in groups.values())


@pytest.mark.parametrize(
    ("count", "options", "dropout"),
    [
        (200, {}, 0.5),
        (1400, {}, 0.3),
        (1400, {"target": "rooms", "problem": "classification"}, 0.5),
        (200, {"dropout": 0.1}, 0.1),
    ],
)
def test_values_of_many_rows_are_dropped_less(count, options, dropout, tmp_path):
    rows = tables.without(tables.houses(count), "dear")
    given = {"file": tables.write(tmp_path / "houses.csv", rows), "target": "price"} | options
    assert Table.completed(given, 0.1, stream(0, "split"))["dropout"] == dropout


def test_a_file_that_lacks_what_was_learned_is_named(tmp_path):
    dataset = make(tmp_path)
    tables.write(tmp_path / "houses.csv", tables.without(ROWS, "rooms"))
    with pytest.raises(DataError, match=r"houses.csv: the table has no column 'rooms', which the network was trained"):
        dataset.divided(0.1, stream(0, "split"))


def test_what_looks_like_a_mistake_in_the_texts_is_said(tmp_path):
    """Of the classes, and of the levels of a column."""
    rows = [
        row
        | {"kind": ("Flat", "flat ", "loft")[n % 3], "sold": ("Yes", "no", "YES", "maybe")[n % 4], "tax": f"{n % 25} %"}
        for n, row in enumerate(ROWS)
    ]
    said = make(tmp_path, rows, target="sold").described()
    assert "column kind: 'Flat' and 'flat' are different; if they are one, write them alike" in said
    assert "column sold: 'YES' and 'Yes' are different; if they are one, write them alike" in said
    assert "sold is predicted: one class of YES, Yes, maybe, no" in said
    assert any(line.startswith("column tax: its levels are numbers with a unit, such as '0 %';") for line in said)
