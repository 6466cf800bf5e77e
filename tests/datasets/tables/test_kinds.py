"""What columns hold, by their content."""

import re
from datetime import date

import numpy as np
import pytest

from trainer.datasets import DataError
from trainer.datasets.tables.columns import CATEGORY, DATE, IGNORE, NUMBER, YES_NO, Column, numbers_of
from trainer.datasets.tables.kinds import columns_of, grouped, same

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
        (["31/03/21", "04/01/21"], DATE, "%d/%m/%y"),
        (["2021-03-01", "01.04.2021"], DATE, ""),  # in two forms that are clear
        (["5 Jan 2021", "15 January 2021"], DATE, "%d %B %Y"),
        (["2021-03-01T10:00:00Z", "2021-03-01T11:00:00Z"], DATE, "%Y-%m-%dT%H:%M:%SZ"),
        (["1,234.5", "99"], NUMBER, "1,000"),
        (["0,125", "1,250"], NUMBER, ","),
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
        ([f"{n}.5 kg" for n in range(30)], "its numbers have a unit, such as '0.5 kg'; write them without it"),
        ([f"${n}" for n in range(30)], "its numbers have a unit, such as '$0'; write them without it"),
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


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([None, "03/01/2021", "04/01/2021"],
         "row 2: '03/01/2021' may be 3 January or 1 March, and no row tells which; set +data.columns.x=%d/%m/%Y or "),
        (["01/02/2021 10:00", "01/03/2021 10:00"], "row 1: '01/02/2021 10:00' may be 1 February or 2 January"),
        (["13/01/2021", "01/13/2021"], "row 2: '01/13/2021' begins with the month, '13/01/2021' with the day; set +d"),
        (["999", "1,007"], "row 2: '1,007' may be 1007 or 1.007, and no row tells which; set +data.columns.x=decimal_"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_refused_until_it_is_set(values, problem):
    frame = polars.DataFrame({"x": values})
    with pytest.raises(DataError) as refused:
        columns_of(frame, {})
    line = str(refused.value)
    assert line.startswith(f"column x, {problem}")
    for kind in re.findall(r"x=('[^']+'|\S+)", line.partition("; set ")[2]):  # what it advises
        (column,) = columns_of(frame, {"x": kind.strip("'")}).values()
        assert column.kind == IGNORE or not np.isnan(numbers_of(frame["x"].drop_nulls(), column)).any()


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        (["999", None, "1.250", "-12.000"], "1.250"),
        (["999", "1250"], None),
        (["999", "1.250", "1250"], None),
        (["1.250", "0.125"], None),
        (["1.250", "2.5"], None),
        ([], None),
    ],
)
def test_points_that_may_be_those_of_thousands(texts, text):
    assert grouped(polars.Series("x", texts, dtype=polars.String)) == text
    assert grouped(polars.Series("x", [1.25, 2.125])) is None


def test_commas_are_read_as_is_set():
    values = polars.Series("x", ["999", "1,007"])
    for kind, expected in (("decimal_comma", [999, 1.007]), ("thousands_comma", [999, 1007])):
        (column,) = columns_of(values.to_frame(), {"x": kind}).values()
        assert numbers_of(values, column).tolist() == expected
    with pytest.raises(DataError, match=r"row 1: '3\.5' cannot be used .*: here they are written as 1\.234,5;"):
        numbers_of(polars.Series("x", ["3.5"]), Column("x", NUMBER, ","))


def test_a_column_is_named_by_its_number_where_its_name_cannot_be_typed():
    frame = polars.DataFrame({"größe": ["1/2/2020"] * 2 + ["1/3/2020"], "a b": [1, 2, 3]})
    with pytest.raises(DataError, match=r"set \+data\.columns\.1=%d/%m/%Y or"):
        columns_of(frame, {})
    columns = columns_of(frame, {"1": "%d/%m/%Y", "a b": "ignore"})
    assert columns == {"größe": Column("größe", DATE, "%d/%m/%Y"), "a b": Column("a b", IGNORE)}


def test_what_is_wanted_counts_more_than_the_content():
    frame = polars.DataFrame({"zip": ["10115", "80331"], "id": list(range(2))})
    columns = columns_of(frame, {"zip": "category", "id": "ignore"})
    assert columns == {"zip": Column("zip", CATEGORY), "id": Column("id", IGNORE)}


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"zap": "number"}, "data.columns.zap: the table has no such column; it has zip"),
        ({"zip": "words"}, "data.columns.zip: 'words' is none of number, category, yes/no, date, ignore, decimal_c"
         "omma, thousands_comma, nor a date's form such as %d/%m/%Y"),
    ],
)
def test_wishes_that_cannot_be_met(wanted, problem):
    with pytest.raises(DataError) as refused:
        columns_of(polars.DataFrame({"zip": ["1", "2"]}), wanted)
    assert str(refused.value) == problem


@pytest.mark.parametrize(
    ("values", "answers", "told"),
    [
        (["a", "b"] * 15, ["1", "0"] * 15, True),
        (["a", "b", "c"] * 10, ["1", "0", "0"] * 10, False),  # tells more
        (["a", "b"] * 14 + ["a", "a"], ["1", "0"] * 15, False),
        (["a", None] * 15, ["1", "0"] * 15, False),
        ([f"{n / 7}" for n in range(30)], [f"{100 - 3 * n}" for n in range(30)], True),
        ([f"{n * n}" for n in range(30)], [f"{n}" for n in range(30)], False),
        (["5"] * 30, [f"{n}" for n in range(30)], False),
        (["a", "b"], ["1", "0"], False),  # by chance
        (["1", "0"], ["1", "0"], True),
    ],
)
def test_what_says_the_same_in_other_words(values, answers, told):
    assert same(polars.Series("x", values), polars.Series("y", answers)) is told
