"""What columns hold, by their content."""

from datetime import date

import numpy as np
import pytest

from trainer.datasets import DataError
from trainer.datasets.tables.columns import (
    CATEGORY,
    DATE,
    IGNORE,
    NUMBER,
    YES_NO,
    Column,
    columns_of,
    levels_of,
    numbers_of,
)

polars = pytest.importorskip("polars")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("values", "kind", "form"),
    [
        (["1", "2.5", None, "-3e4"], NUMBER, ""),
        (["1,5", "2", "-0,25"], NUMBER, ","),
        (["1.234,5", "12.000,0"], NUMBER, ","),
        ([1, 2, None], NUMBER, ""),
        (["yes", "No", None], YES_NO, ""),
        (["t", "f"], YES_NO, ""),
        ([True, False], YES_NO, ""),
        (["0", "1", "1"], NUMBER, ""),
        (["red", "green", "red"], CATEGORY, ""),
        (["2021-03-01", "2021-04-01"], DATE, "%Y-%m-%d"),
        (["01.03.2021", "31.03.2021"], DATE, "%d.%m.%Y"),
        (["03/31/2021", "04/01/2021"], DATE, "%m/%d/%Y"),
        (["31/03/2021", "04/01/2021"], DATE, "%d/%m/%Y"),
        (["03/01/2021", "04/01/2021"], CATEGORY, ""),  # March or January: nobody knows
        ([date(2021, 3, 1), date(2022, 3, 1)], DATE, ""),
        (["1990", "1991", "2001"], NUMBER, ""),
    ],
)
def test_kinds(values, kind, form):
    column = columns_of(polars.DataFrame({"x": values}), {})["x"]
    assert (column.kind, column.form) == (kind, form)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([7, 7, None], "constant"),
        ([None, None], "empty"),
        (list(range(1, 31)), "it counts the rows"),
        ([f"{letter}{n}" for n in range(2) for letter in LETTERS], "it names the rows"),
        ([f"a long story of {letter}" for letter in LETTERS] * 2, "it is text, 26 different values"),
    ],
)
def test_what_nothing_can_be_learned_from_is_set_aside_and_said(values, why):
    if why.startswith("it is text"):
        values = [f"{value}, part {n}" for n, value in enumerate(values[:40])]
        why = "it is text, 40 different values"
    column = columns_of(polars.DataFrame({"x": values}), {})["x"]
    assert column.kind == IGNORE
    assert column.why.startswith(why)


def test_what_is_wanted_counts_more_than_the_content():
    frame = polars.DataFrame({"zip": ["10115", "80331"], "id": list(range(2))})
    columns = columns_of(frame, {"zip": "category", "id": "ignore"})
    assert columns == {"zip": Column("zip", CATEGORY), "id": Column("id", IGNORE)}


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"zap": "number"}, "data.columns.zap: the table has no such column; it has zip"),
        ({"zip": "words"}, "data.columns.zip: 'words' is none of number, category, yes/no, date, ignore"),
    ],
)
def test_wishes_that_cannot_be_met(wanted, problem):
    with pytest.raises(DataError) as refused:
        columns_of(polars.DataFrame({"zip": ["1", "2"]}), wanted)
    assert str(refused.value) == problem


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
    with pytest.raises(DataError, match=f"column x, row 2: '{value}' is no {column.kind} that can be used"):
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
    with pytest.raises(DataError, match=rf"column x, row \d: .* is no {kind} that can be used; mend it"):
        numbers_of(polars.Series("x", values), Column("x", kind), "mend it")


def test_a_level_does_not_depend_on_the_other_rows():
    assert levels_of(polars.Series([3.0, 3.5, None])).to_list() == ["3", "3.5", None]
    assert levels_of(polars.Series([3.0])).to_list() == levels_of(polars.Series([3])).to_list() == ["3"]
