"""Columns as numbers and levels."""

from datetime import date

import numpy as np
import pytest

from trainer.datasets import DataError
from trainer.datasets.tables.columns import DATE, NUMBER, YES_NO, Column, levels_of, numbers_of

polars = pytest.importorskip("polars")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def test_numbers_of_every_kind():
    cases = [
        (Column("x", NUMBER), ["1", None, "2.5"], [1, np.nan, 2.5]),
        (Column("x", NUMBER, ","), ["1.234,5", None, "-2"], [1234.5, np.nan, -2]),
        (Column("x", YES_NO), ["Yes", "off", None, "1"], [1, 0, np.nan, 1]),
        (Column("x", YES_NO), [True, None, False], [1, np.nan, 0]),
        (Column("x", DATE, "%d.%m.%Y"), ["02.01.1970", None], [1, np.nan]),
        (Column("x", DATE), [date(1970, 1, 11)], [10]),
    ]
    for column, values, expected in cases:
        np.testing.assert_array_equal(numbers_of(polars.Series("x", values), column), expected)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (Column("x", NUMBER), "tall"),
        (Column("x", NUMBER), "inf"),
        (Column("x", NUMBER), "1e308"),
        (Column("x", YES_NO), "maybe"),
        (Column("x", DATE, "%Y-%m-%d"), "yesterday"),
    ],
)
def test_a_value_that_is_none_is_named_with_its_row(column, value):
    with pytest.raises(DataError, match=f"column x, row 2: '{value}' cannot be used as a {column.kind}"):
        numbers_of(polars.Series("x", [None, value, value]), column)


def test_another_format_may_hold_the_same_in_another_type():
    def numbers(values, kind, form=""):
        return numbers_of(polars.Series("x", values), Column("x", kind, form)).tolist()

    assert numbers([1.5, 2.0], NUMBER, ",") == numbers(["1,5", "2"], NUMBER, ",") == [1.5, 2.0]
    days = [date(1970, 1, 11), None]
    assert numbers(days[:1], DATE, "%d.%m.%Y") == numbers(["11.01.1970"], DATE, "%d.%m.%Y") == [10.0]
    assert numbers(["1970-01-11"], DATE) == [10.0]  # learned from a format that has dates
    assert numbers([True, False], YES_NO) == numbers([1, 0], YES_NO) == numbers(["1", "No"], YES_NO) == [1.0, 0.0]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 7], DATE),
        ([date(2021, 3, 1)], NUMBER),
        ([1, 0, 2], YES_NO),
        ([date(2021, 3, 1)], YES_NO),
        (["a"], DATE),
    ],
)
def test_a_value_of_another_kind_is_refused(values, kind):
    with pytest.raises(DataError, match=rf"column x, row \d: .* cannot be used as a {kind}.*; leave it out"):
        numbers_of(polars.Series("x", values), Column("x", kind), "leave it out")


def test_a_level_does_not_depend_on_the_other_rows():
    assert levels_of(polars.Series([3.0, 3.5, None])).to_list() == ["3", "3.5", None]
    assert levels_of(polars.Series([3.0])).to_list() == levels_of(polars.Series([3])).to_list() == ["3"]
