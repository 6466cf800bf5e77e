"""From columns to the inputs of a network."""

import json

import numpy as np
import pytest

from trainer.datasets import DataError
from trainer.datasets.tables.features import EMBEDDED_FROM, Features
from trainer.datasets.tables.kinds import columns_of

polars = pytest.importorskip("polars")
TRAIN = np.array([0, 1, 2, 3])


def frame(**columns):
    return polars.DataFrame(columns)


def learned(table, train=TRAIN, **options):
    return Features.learned(table, columns_of(table, options.pop("wanted", {})), train, **options)


def numbers(features, table):
    return features.numbers(features.raw(table))


def test_numbers_are_standardised_by_the_training_rows_alone():
    table = frame(x=["1", "2", "3", "6", "1000"])
    features = learned(table)
    found = numbers(features, table)
    assert found.dtype == np.float32
    assert (features.features[0].least, features.features[0].most) == (1, 6)
    np.testing.assert_allclose(found[:4].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(found[:4].std(), 1, rtol=1e-6)
    np.testing.assert_allclose(found[4], (1000 - 3) / np.std([1, 2, 3, 6]), rtol=1e-6)


def test_a_number_that_is_the_same_in_all_training_rows_is_not_divided_by_its_rounding():
    train = np.arange(214)  # of which the deviation is 1e-17
    table = frame(x=[0.1] * 214 + [0.3])
    np.testing.assert_allclose(numbers(learned(table, train), table)[:, 0], [0.0] * 214 + [0.2], atol=1e-7)


def test_a_missing_number_is_the_median_and_says_so():
    features = learned(frame(x=["1", None, "3", "8", "5"]))
    assert features.names == ["x", "x=(missing)"]
    found = numbers(features, frame(x=["3", None]))
    np.testing.assert_array_equal(found, [[found[0, 0], 0], [found[0, 0], 1]])


def test_a_number_that_training_never_missed_is_the_median_later():
    features = learned(frame(x=["1", "3", "5", "8"]))
    np.testing.assert_array_equal(*numbers(features, frame(x=[None, "4"])))


def test_few_levels_are_one_hot_and_what_training_has_not_seen_is_other():
    table = frame(colour=["red", "green", None, "red", "blue"])
    features = learned(table)
    assert features.names == ["colour=(other)", "colour=green", "colour=red"]
    expected = [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]]
    np.testing.assert_array_equal(numbers(features, table), expected)


def test_many_levels_are_embedded():
    levels = [f"street {n % EMBEDDED_FROM:02d}" for n in range(3 * EMBEDDED_FROM)]
    table = frame(street=levels)
    features = learned(table, train=np.arange(len(levels)))
    assert (features.names, features.levels) == ([], [EMBEDDED_FROM + 1])
    places = features.places(features.raw(frame(street=["street 00", "street 19", "elsewhere", None])))
    np.testing.assert_array_equal(places, [[1], [20], [0], [0]])
    assert numbers(features, table).shape == (len(levels), 0)


@pytest.mark.parametrize("quantiles", [False, True])
def test_what_was_learned_survives_json(quantiles):
    rng = np.random.default_rng(0)
    table = frame(x=rng.exponential(size=50).astype(str), n=rng.integers(9, size=50), who=rng.choice(list("abc"), 50))
    features = learned(table, train=np.arange(30), quantiles=quantiles)
    again = Features.from_json(json.loads(json.dumps(features.to_json())))
    assert again == features
    earlier = [
        {name: value for name, value in each.items() if name not in ("least", "most")} for each in features.to_json()
    ]
    np.testing.assert_array_equal(numbers(Features.from_json(earlier), table), numbers(features, table))
    np.testing.assert_array_equal(numbers(again, table), numbers(features, table))


def test_quantiles_make_a_skewed_number_normal():
    values = np.random.default_rng(1).exponential(size=2000) ** 3
    table = frame(x=values)
    found = numbers(learned(table, train=np.arange(2000), quantiles=True), table)[:, 0]
    assert abs(found.mean()) < 0.01
    assert abs(found.std() - 1) < 0.01
    np.testing.assert_array_equal(np.argsort(found, kind="stable"), np.argsort(values, kind="stable"))


def test_integers_and_floats_are_the_same_levels():
    features = learned(frame(x=[1, 2, 1, 2]), wanted={"x": "category"})
    np.testing.assert_array_equal(numbers(features, frame(x=[1.0, None, 2.0])), [[0, 1, 0], [1, 0, 0], [0, 0, 1]])


def test_a_table_without_a_column_that_was_learned_from_is_refused():
    features = learned(frame(x=["1", "2", "3", "4"]))
    with pytest.raises(DataError, match="no column 'x', which the network was trained on"):
        numbers(features, frame(y=["1"]))


def test_a_table_of_nothing_to_learn_from_is_refused():
    with pytest.raises(DataError, match="no column is left to learn from"):
        learned(frame(x=["1", "1", "1", "1"]))
