"""What a table's network is to predict."""

import numpy as np
import pytest

from trainer.datasets import DataError
from trainer.datasets.tables.target import CLASSES, LABELS, VALUES, Target

polars = pytest.importorskip("polars")


def learned(problem=None, train=None, **columns):
    table = polars.DataFrame(columns)
    return Target.learned(table, list(columns), np.arange(table.height) if train is None else train, problem), table


@pytest.mark.parametrize(
    ("values", "problem", "classes"),
    [
        (["cat", "dog", "cat"], CLASSES, ("cat", "dog")),
        (["yes", "no", "yes"], CLASSES, ("no", "yes")),
        ([True, False], CLASSES, ("false", "true")),
        (["0", "1", "2", "1"], CLASSES, ("0", "1", "2")),
        ([1, 2, 3], CLASSES, ("1", "2", "3")),
        ([str(n) for n in range(12)], CLASSES, tuple(str(n) for n in range(12))),  # 10 comes after 9
        ([1.0, 0.0, 1.0], CLASSES, ("0", "1")),
        (["12.5", "13"], VALUES, ()),
        ([3, 4, 5], VALUES, ()),
        ([0, 1, 3], VALUES, ()),
        (list(range(30)), VALUES, ()),
        (["1,5", "2,5"], VALUES, ()),
        (["red;round", "red", "blue"], LABELS, ("blue", "red", "round")),
    ],
)
def test_the_content_says_what_is_predicted(values, problem, classes):
    target, _ = learned(y=values)
    assert (target.problem, target.classes) == (problem, classes)


def test_what_is_said_counts_more_than_the_content():
    assert learned("regression", y=[0, 1, 0])[0].problem == VALUES
    assert learned("classification", y=[3, 7, 3])[0].classes == ("3", "7")


def test_numbers_are_read_as_is_set_for_them_ever_after():
    table = polars.DataFrame({"y": ["1,007", "999"]})
    target = Target.learned(table, ["y"], np.arange(2), written={"y": "thousands_comma"})
    assert (target.problem, target.mean) == (VALUES, (1003.0,))
    np.testing.assert_array_equal(target.encoded(polars.DataFrame({"y": ["1,011"]})), [[2]])


def test_several_columns():
    target, table = learned(a=["yes", "no"], b=["0", "1"])
    assert (target.problem, target.classes, target.forms) == (LABELS, ("a", "b"), ("no/yes", "0/1"))
    np.testing.assert_array_equal(target.encoded(table), [[1, 0], [0, 1]])
    target, table = learned(a=[1.5, 2.5], b=[10, 30])
    assert (target.problem, target.mean, target.deviation) == (VALUES, (2.0, 20.0), (0.5, 10.0))
    np.testing.assert_array_equal(target.encoded(table), [[-1, -1], [1, 1]])


def test_values_are_standardised_by_the_training_rows():
    target, table = learned(y=[1.5, 2.5, 100], train=np.array([0, 1]))
    np.testing.assert_array_equal(target.encoded(table), [[-1], [1], [196]])


def test_classes_and_labels_are_encoded():
    target, table = learned(y=["cat", "dog", "cat"])
    encoded = target.encoded(table)
    assert encoded.dtype == np.int64
    np.testing.assert_array_equal(encoded, [0, 1, 0])
    target, table = learned(y=["red; round", "red", ";"])
    np.testing.assert_array_equal(target.encoded(table), [[1, 1], [1, 0], [0, 0]])


@pytest.mark.parametrize(
    ("columns", "options", "problem"),
    [
        ({"y": ["a", None, None]}, {}, "column y, row 2: the value to predict is missing, here and in 1 more rows"),
        ({"y": ["a", "a"]}, {}, "column y: all training rows are of class 'a'"),
        ({"y": ["a", "b"], "z": [1.5, 2]}, {}, "several columns are all numbers, or all yes/no, but y is not"),
        ({"y": ["yes", "no"], "z": [1.5, 2]}, {}, "several columns are all numbers, or all yes/no, but y is not"),
        ({"y": ["2020-01-01", "2020-01-02"]}, {}, "column y: dates are not predicted; name another column as data.tar"),
        ({"y": [f"word {n}" for n in range(30)]}, {}, "column y: it is text, 30 different values, which are too many"),
        ({"y": [2.5, 2.5]}, {}, "column y: all training rows have the value 2.5; there is nothing to learn"),
        ({"y": [2.5, 3], "z": [4, 4]}, {}, "column z: all training rows have the value 4; there is nothing to learn"),
        ({"y": ["a;b", "b; a"]}, {}, "column y: all training rows have the same labels; there is nothing to learn"),
        ({"y": [0, 0], "z": [1, 1]}, {}, "column y, z: all training rows have the same labels; there is nothing"),
        ({"y": ["1,007", "999"]}, {}, "column y, row 1: '1,007' may be 1007 or 1.007, and no row tells which; set"),
        ({"y": ["a", "b"]}, {"problem": "guess"}, "data.problem: 'guess' is none of"),
        ({"y": ["1", "b"]}, {"problem": "regression"}, "column y, row 2: 'b' cannot be used as a number"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_one_line(columns, options, problem):
    with pytest.raises(DataError) as refused:
        learned(**options, **columns)
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_class_or_label_that_training_has_not_seen_is_named_with_its_row():
    target, table = learned(y=["a", "b", "c"], train=np.array([0, 1]))
    with pytest.raises(DataError, match="column y, row 3: no training row is of class 'c'"):
        target.encoded(table)
    target, table = learned(y=["a;b", "b", "c"], train=np.array([0, 1]))
    with pytest.raises(DataError, match="column y, row 3: no training row has the label 'c'"):
        target.encoded(table)


def test_a_column_that_is_not_there():
    with pytest.raises(DataError, match=r"data\.target: the table has no column 'z'; it has y"):
        Target.learned(polars.DataFrame({"y": [1]}), ["z"], np.array([0]))
    wide = polars.DataFrame({f"gene{place}": [1] for place in range(2000)})
    with pytest.raises(DataError, match=r"the table has no column 'gene_17'; did you mean 'gene17'\?$"):
        Target.learned(wide, ["gene_17"], np.array([0]))
    with pytest.raises(DataError, match=r"it has gene0, .*, gene29 and 1,970 more$"):
        Target.learned(wide, ["price"], np.array([0]))
