"""A column of a table: its kind, and its values as numbers or levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.datasets.tables import dates
from trainer.datasets.tables.frame import CellError

if TYPE_CHECKING:
    import polars

NUMBER, CATEGORY, YES_NO, DATE, IGNORE = KINDS = ("number", "category", "yes/no", "date", "ignore")
YES = ("yes", "y", "true", "t", "on")
NO = ("no", "n", "false", "f", "off")
LARGEST = 1e30  # of a number; it is finite in float32, and its square in float64

DECIMAL_COMMA, THOUSANDS_COMMA = WRITTEN = ("decimal_comma", "thousands_comma")  # how numbers are written
FORMS = {DECIMAL_COMMA: ",", THOUSANDS_COMMA: "1,000"}
EXAMPLES = {",": "1.234,5", "1,000": "1,234.5"}  # of forms of numbers
COMMAS = {
    ",": r"^[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?([eE][-+]?\d+)?$",
    "1,000": r"^[-+]?([1-9]\d{0,2}(,\d{3})+|\d{1,3}|\d{4,})(\.\d*)?([eE][-+]?\d+)?$",
}
"""Patterns of the texts of numbers in these forms."""


@dataclass(frozen=True)
class Column:
    """The kind of one column of a table.

    Attributes:
        name: The name of the column.
        kind: One of `KINDS`.
        form: For dates their form, in strptime's notation; for numbers "," if they have decimal commas, "1,000" if they
            have commas between thousands; else "".
        why: Why it is ignored; "" if that is obvious.
    """

    name: str
    kind: str
    form: str = ""
    why: str = ""


def numbers_of(values: polars.Series, column: Column, remedy: str = "") -> np.ndarray:
    """Return a column as float64 (N,), NaN where a value is missing: numbers, 1 for yes, days since 1970.

    A file of another format than the one that the column was found in may hold the same in another type.

    Args:
        values: The column.
        column: What it holds.
        remedy: What a user can do about a value that is none, if not leave the column out.

    Raises:
        CellError: A value is not of the column's kind, or infinite; the message names column and row.
    """
    result = _NUMBERS[column.kind](values, column.form).to_numpy().astype(np.float64)
    bad = np.flatnonzero(values.is_not_null().to_numpy() & ~(np.abs(result) <= LARGEST))
    if len(bad):
        here = f": here 31 December 2020 is written {dates.example(column.form)}" if column.kind == DATE else ""
        here = f": here they are written as {EXAMPLES[column.form]}" if column.form in EXAMPLES else here
        remedy = remedy or "fix it, or leave the column out"
        problem = f"'{values[int(bad[0])]}' cannot be used as a {column.kind}{here}; {remedy}"
        raise CellError(column.name, bad[0], problem)
    return result


def floats_of(values: polars.Series, form: str = "") -> polars.Series:
    """Return numbers as Float64, null for what is not a number in this form."""
    import polars

    if values.dtype == polars.String and form in COMMAS:
        fits = values.str.contains(COMMAS[form])
        point, group = (",", ".") if form == "," else (".", ",")
        plain = values.str.replace_all(group, "", literal=True).str.replace(point, ".", literal=True)
        values = polars.select(polars.when(fits).then(plain)).to_series()
    if values.dtype.is_temporal():
        return _nothing(values)
    return values.cast(polars.Float64, strict=False)


def _days(values: polars.Series, form: str) -> polars.Series:
    import polars

    if values.dtype == polars.String:
        values = dates.moments(values, form)
    if values.dtype not in (polars.Date, polars.Datetime):
        return _nothing(values)
    return values.cast(polars.Datetime("us")).dt.epoch("us").cast(polars.Float64) / 86_400e6


def _yes_no(values: polars.Series, form: str) -> polars.Series:
    import polars

    if values.dtype != polars.String:
        numbers = floats_of(values, form)
        return polars.select(polars.when(numbers.is_in([0.0, 1.0])).then(numbers)).to_series()
    texts = values.str.to_lowercase()
    known = texts.is_in([*YES, *NO, "1", "0"])
    return polars.select(polars.when(known).then(texts.is_in([*YES, "1"]).cast(polars.Float64))).to_series()


def _nothing(values: polars.Series) -> polars.Series:
    import polars

    return polars.Series([None] * len(values), dtype=polars.Float64)


_NUMBERS = {NUMBER: floats_of, DATE: _days, YES_NO: _yes_no}


def levels_of(values: polars.Series) -> polars.Series:
    """Return a category's values as texts, null for missing ones; 3 and 3.0 are the same."""
    import polars

    texts = values.cast(polars.String)
    if not values.dtype.is_float():
        return texts
    whole = values.cast(polars.Int64, strict=False)
    return polars.select(polars.when(whole == values).then(whole.cast(polars.String)).otherwise(texts)).to_series()
