"""The kinds of a table's columns: numbers, categories, yes or no, dates, or nothing to learn from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.datasets.errors import DataError

if TYPE_CHECKING:
    import polars

NUMBER, CATEGORY, YES_NO, DATE, IGNORE = KINDS = ("number", "category", "yes/no", "date", "ignore")

YES = ("yes", "y", "true", "t", "on")
NO = ("no", "n", "false", "f", "off")
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")
AMBIGUOUS_DATES = ("%m/%d/%Y", "%d/%m/%Y")
MOST_LEVELS = 1000  # of a category; beyond them a column is text
MOST_TEXTS = 10  # numbers for each text among them, and different values, from which the text is a mistake
LARGEST = 1e30  # of a number; it is finite in float32, and its square in float64

_DECIMAL_COMMA = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+)?,\d+([eE][-+]?\d+)?|[-+]?\d+")


@dataclass(frozen=True)
class Column:
    """The kind of one column of a table.

    Attributes:
        name: Of the column.
        kind: One of `KINDS`.
        form: Of a date, in strptime's notation; "," for numbers with decimal commas; else "".
        why: Why it is ignored; "" if that is obvious.
    """

    name: str
    kind: str
    form: str = ""
    why: str = ""


def columns_of(frame: polars.DataFrame, wanted: Mapping[str, str]) -> dict[str, Column]:
    """Return the kind of every column of a table, by its content unless `wanted` (name → kind) says otherwise.

    Raises:
        DataError: `wanted` names a column or a kind that does not exist.
    """
    for name, kind in wanted.items():
        if name not in frame.columns:
            raise DataError(f"data.columns.{name}: the table has no such column; it has {', '.join(frame.columns)}")
        if kind not in KINDS:
            raise DataError(f"data.columns.{name}: '{kind}' is none of {', '.join(KINDS)}")
    return {name: _column(frame[name], wanted.get(name)) for name in frame.columns}


def _column(values: polars.Series, wanted: str | None) -> Column:
    name = values.name
    known = values.drop_nulls()
    if wanted == IGNORE:
        return Column(name, IGNORE)
    if wanted:
        return Column(name, wanted, _form(known, wanted) or "")
    if known.n_unique() < 2:
        return Column(name, IGNORE, why="constant" if len(known) else "empty")
    kind, form = _kind(known)
    if why := _unusable(name, known, kind):
        return Column(name, IGNORE, why=why)
    return Column(name, kind, form)


def check_category(values: polars.Series, remedy: str) -> None:
    """Raise DataError for a text among many numbers, which would make categories of all. remedy: where meant."""
    import polars

    if values.dtype != polars.String:
        return
    wrong = values.cast(polars.Float64, strict=False).is_null() & values.is_not_null()
    numbers = len(values) - values.null_count() - wrong.sum()
    if wrong.any() and numbers > MOST_TEXTS * wrong.sum() and values.n_unique() > MOST_TEXTS:
        row = int(np.flatnonzero(wrong.to_numpy())[0])
        raise DataError(
            f"column {values.name}, row {row + 1}: '{values[row]}' is no number, as {numbers} others are; repair it, "
            f"or set {remedy}"
        )


def _kind(known: polars.Series) -> tuple[str, str]:
    """Return the kind of a column by its known values, and the form of a date or number."""
    import polars

    if known.dtype == polars.Boolean or _is_yes_no(known):
        return YES_NO, ""
    if known.dtype.is_numeric():
        return NUMBER, ""
    if known.dtype.is_temporal():
        return DATE, ""
    for kind in (DATE, NUMBER):
        form = _form(known, kind)
        if form is not None:
            return kind, form
    return CATEGORY, ""


def _form(known: polars.Series, kind: str) -> str | None:
    """Return how texts write a number or a date; None if not all do it in the same way."""
    import polars

    if known.dtype != polars.String:
        return ""
    if kind == NUMBER:
        if known.cast(polars.Float64, strict=False).null_count() == 0:
            return ""
        return "," if all(_DECIMAL_COMMA.fullmatch(text) for text in known.unique()) else None
    if kind == DATE:
        if (known.str.len_chars() < 8).any() or known.cast(polars.Float64, strict=False).null_count() == 0:
            return None
        fits = [form for form in DATES if known.str.to_datetime(form, strict=False).null_count() == 0]
        if fits:
            return fits[0]
        fits = [form for form in AMBIGUOUS_DATES if known.str.to_datetime(form, strict=False).null_count() == 0]
        return fits[0] if len(fits) == 1 else None
    return ""


def _is_yes_no(known: polars.Series) -> bool:
    import polars

    if known.dtype != polars.String:
        return False
    texts = {text.lower() for text in known.unique()}
    return len(texts) == 2 and any(text in YES for text in texts) and any(text in NO for text in texts)


def _unusable(name: str, known: polars.Series, kind: str) -> str:
    """Return why a network should not learn from a column (it names its rows, or is free text), or "" if it may."""
    distinct = known.n_unique()
    everything = distinct == len(known) and len(known) > 20
    if everything and kind == NUMBER:
        numbers = numbers_of(known, Column(name, NUMBER, _form(known, NUMBER) or ""))
        steps = np.unique(np.diff(numbers))
        if len(steps) == 1 and abs(steps[0]) == 1:
            return "it counts the rows"
    if kind == CATEGORY and len(known) > 20 and (distinct > MOST_LEVELS or distinct > 0.5 * len(known)):
        words = known.cast(str).str.count_matches(r"\s").to_numpy().mean()
        what = "it names the rows" if everything and words < 1 else "it is text"
        return f"{what}, {distinct} different values; +data.columns.{name}=category takes it all the same"
    return ""


def numbers_of(values: polars.Series, column: Column, remedy: str = "") -> np.ndarray:
    """Return a column as float64 (N,), NaN where a value is missing: numbers, 1 for yes, days since 1970.

    A file of another format than the one that the column was found in may hold the same in another type.

    Args:
        values: The column.
        column: What it holds.
        remedy: What a user can do about a value that is none, if not leave the column out.

    Raises:
        DataError: A value is not of the column's kind, or infinite; the message names column and row.
    """
    result = _NUMBERS[column.kind](values, column.form).to_numpy().astype(np.float64)
    bad = np.flatnonzero(values.is_not_null().to_numpy() & ~(np.abs(result) <= LARGEST))
    if len(bad):
        remedy = remedy or f"repair it, or leave the column out with +data.columns.{column.name}=ignore"
        raise DataError(
            f"column {column.name}, row {bad[0] + 1}: '{values[int(bad[0])]}' is no {column.kind} that can be used; "
            f"{remedy}"
        )
    return result


def _number(values: polars.Series, form: str) -> polars.Series:
    import polars

    if values.dtype == polars.String and form == ",":
        values = values.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    if values.dtype.is_temporal():
        return _nothing(values)
    return values.cast(polars.Float64, strict=False)


def _days(values: polars.Series, form: str) -> polars.Series:
    import polars

    if values.dtype == polars.String:
        forms = [form] if form else DATES
        moments = [values.str.to_datetime(each, strict=False) for each in forms]
        values = polars.select(polars.coalesce(moments)).to_series()
    if values.dtype not in (polars.Date, polars.Datetime):
        return _nothing(values)
    return values.cast(polars.Datetime("us")).dt.epoch("us").cast(polars.Float64) / 86_400e6


def _yes_no(values: polars.Series, form: str) -> polars.Series:
    import polars

    if values.dtype != polars.String:
        numbers = _number(values, form)
        return polars.select(polars.when(numbers.is_in([0.0, 1.0])).then(numbers)).to_series()
    texts = values.str.to_lowercase()
    known = texts.is_in([*YES, *NO, "1", "0"])
    return polars.select(polars.when(known).then(texts.is_in([*YES, "1"]).cast(polars.Float64))).to_series()


def _nothing(values: polars.Series) -> polars.Series:
    import polars

    return polars.Series([None] * len(values), dtype=polars.Float64)


_NUMBERS = {NUMBER: _number, DATE: _days, YES_NO: _yes_no}


def levels_of(values: polars.Series) -> polars.Series:
    """Return a category's values as texts, null for missing ones; 3 and 3.0 are the same."""
    import polars

    texts = values.cast(polars.String)
    if not values.dtype.is_float():
        return texts
    whole = values.cast(polars.Int64, strict=False)
    return polars.select(polars.when(whole == values).then(whole.cast(polars.String)).otherwise(texts)).to_series()
