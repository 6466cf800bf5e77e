"""What is found in examples before training."""

import numpy as np
import pytest

from trainer.datasets import Arrays, Dataset, Examples, Field, Splits, Table, Text, checks


def examples(inputs, targets=None):
    inputs = np.asarray(inputs)
    return Examples(inputs, np.zeros(len(inputs), np.int64) if targets is None else np.asarray(targets))


class Set(Dataset):
    name = "set"

    def read(self):
        raise NotImplementedError


def column(values, kind="number", levels=()):
    return checks.Column("x", kind, np.asarray(values, np.float64), levels)


def test_inputs_that_occur_twice_are_told_by_their_content():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(10, 3)).astype(np.float32)
    train, test = examples(rows[[0, 1, 2, 3, 1]]), examples(rows[[7, 3, 8]])
    assert checks.duplicates(Set((3,), 1), {"train": train, "test": test}) == [
        "train: 1 of 5 inputs are duplicates, such as 1 and 4",
        "leak: 1 of 3 inputs of test are also in train: test 1 is train 3",
    ]
    assert len(checks.duplicates(Set((3,), 1), {"train": train, "test": test}, within=False)) == 1
    assert checks.duplicates(Set((3,), 1), {"train": examples(rows[:3]), "test": examples(rows[3:])}) == []


def test_all_inputs_of_an_example_count():
    both = Set({"a": Field(()), "b": Field((), "int64")}, 1)

    def two(a, b):
        return Examples({"a": np.array(a, np.float32), "b": np.array(b, np.int64)}, np.zeros(len(a), np.int64))

    assert checks.duplicates(both, {"train": two([1, 1], [0, 1])}) == []
    assert checks.duplicates(both, {"train": two([1, 1], [1, 1])}) != []


def test_of_many_examples_some_are_looked_at(monkeypatch):
    monkeypatch.setattr(checks, "MOST_EXAMPLES", 10)
    assert len(checks.some(examples(np.zeros((100, 2), np.float32)))) == 10


def test_a_column_with_one_value_nearly_everywhere():
    values = np.zeros(200)
    values[0] = 5
    assert checks.nearly_constant([column(values)]) == ["x is nearly constant: 99.5% have the same value"]
    assert checks.nearly_constant([column(np.arange(200))]) == []
    assert column([1, np.nan, np.nan]).missing == 2
    assert column([1, np.nan, np.nan]).commonest == pytest.approx(2 / 3)


def test_pictures_of_one_colour():
    images = np.random.default_rng(0).integers(0, 256, (6, 1, 4, 4)).astype(np.uint8)
    assert checks.blank(examples(images)) == []
    images[[2, 4]] = 7
    assert checks.blank(examples(images)) == ["2 of 6 inputs are blank, such as number 2"]


@pytest.mark.parametrize("kind", ["number", "category"])
def test_a_column_that_tells_the_class(kind):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    levels = ("a", "b", "c") if kind == "category" else ()
    (line,) = checks.give_away([column(labels, kind, levels)], labels)
    assert "x alone gives the target away (accuracy 1.000)" in line
    assert checks.give_away([column(rng.integers(0, 3, 300), kind, levels)], labels) == []


def test_a_missing_value_may_tell_the_class():
    labels = np.random.default_rng(0).integers(0, 2, 300)
    assert checks.give_away([column(np.where(labels, np.nan, np.arange(300)))], labels)


def test_a_column_that_tells_the_value():
    rng = np.random.default_rng(0)
    x = rng.uniform(size=2000)
    values = np.stack([rng.normal(size=2000), 3 - 2 * x], axis=1)
    (line,) = checks.give_away([column(x)], values)
    assert "x alone gives the target away (R² 1.000)" in line
    assert checks.give_away([column(x + rng.normal(size=2000))], values) == []


def test_where_nearly_all_are_of_one_class_nothing_is_said():
    labels = np.zeros(1000, np.int64)
    labels[0] = 1
    assert checks.give_away([column(np.arange(1000))], labels) == []


def test_few_examples_prove_nothing():
    assert checks.give_away([column(np.arange(6))], np.arange(6) % 2) == []


def test_a_class_that_a_split_lacks():
    train, test = examples(np.zeros((4, 1)), [0, 1, 2, 2]), examples(np.zeros((2, 1)), [1, 1])
    found = checks.without_examples(Set((1,), 3), {"train": train, "test": test})
    assert found == ["test: has no example of 0, 2"]


def test_a_class_of_few_examples_among_many():
    train = examples(np.zeros((500, 1)), [0] * 247 + [1] * 250 + [2] * 3)
    assert checks.rare(Set((1,), 3), train) == ["train: has only 3 of 2: add some, or leave the class out"]
    assert checks.rare(Set((1,), 2), examples(np.zeros((6, 1)), [0, 1, 1, 1, 1, 1])) == []


def test_columns_of_a_table_are_those_of_the_file(tmp_path):
    pytest.importorskip("polars")
    rows = [f"{i % 7},{'ab'[i % 2]},{'' if i == 3 else i * i},{i * 1000}" for i in range(40)]
    (tmp_path / "t.csv").write_text("few,kind,square,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    options = {"file": tmp_path / "t.csv", "target": "price"}
    dataset = Table(**Table.completed(options))
    found, targets = checks.columns(dataset, dataset.read())
    by_name = {column.name: column for column in found}
    assert by_name["square"].missing == 1
    assert by_name["square"].values[2] == 4
    assert (by_name["kind"].kind, by_name["kind"].levels) == ("category", ("a", "b"))
    np.testing.assert_allclose(np.ravel(targets), np.arange(40) * 1000, atol=0.01)


def test_columns_of_vectors_are_their_elements(tmp_path):
    np.savez(tmp_path / "v.npz", inputs=np.arange(40.0).reshape(20, 2), targets=np.arange(20) % 2)
    dataset = Arrays(tmp_path / "v.npz")
    splits = dataset.load(0.0, np.random.default_rng(0))
    found, targets = checks.columns(dataset, splits)
    assert [column.name for column in found] == ["input[0]", "input[1]"]
    assert len(found[0].values) == len(targets) == len(splits.train)


def test_pictures_and_texts_have_no_columns(tmp_path):
    (tmp_path / "t.txt").write_text("abc" * 100, encoding="utf-8")
    dataset = Text(**Text.completed({"file": tmp_path / "t.txt", "context": 4}))
    assert checks.columns(dataset, dataset.read())[0] == []
    pictures = examples(np.zeros((4, 1, 2, 2), np.uint8))
    assert checks.columns(Set((1, 2, 2), 2), Splits(pictures, pictures, pictures))[0] == []
