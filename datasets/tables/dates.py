"""Dates as texts: in which form they are written, and whether day and month can be told apart."""

from __future__ import annotations

from calendar import month_name
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars

SOME = 100  # texts by which most forms are ruled out
FIRST_YEAR = 1000  # with a form that has the century, the year of 1/31/20 would be 20
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y",
        "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y")  # fmt: skip
PAIRS = (("%d/%m/%Y", "%m/%d/%Y"), ("%d/%m/%y", "%m/%d/%y"), ("%d-%m-%Y", "%m-%d-%Y"))
TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S%.f", " %I:%M %p", " %I:%M:%S %p")
ISO_TIMES = ("T%H:%M", "T%H:%M:%S", "T%H:%M:%S%.f", "T%H:%MZ", "T%H:%M:%SZ", "T%H:%M:%S%.fZ")
ZONES = ("T%H:%M%z", "T%H:%M:%S%z", "T%H:%M:%S%.f%z", " %H:%M:%S%z", " %H:%M:%S%.f%z")  # counted from UTC
CLEAR = (*(f"%Y-%m-%d{time}" for time in (*ISO_TIMES, *ZONES)), *(day + time for day in DAYS for time in TIMES))
"""Forms, in strptime's notation, in which day and month cannot be confused."""

_BEGINNING = r"^(\d{1,4}[-/.]\d|\d{1,2} [A-Za-z]{3}|\d{1,2}-[A-Za-z]{3}|[A-Za-z]{3,9} \d)"


class UnclearError(ValueError):
    """Dates that can be read in two ways.

    Attributes:
        row: The row of the text that shows it, from 0.
        what: What is unclear about it.
        forms: Those that it may be in; () if no single one fits all.
    """

    def __init__(self, row: int, what: str, forms: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.row, self.what, self.forms = row, what, forms


def moments(texts: polars.Series, form: str) -> polars.Series:
    """Return date and time of texts in this form, or for "" in any of those in `CLEAR`; null for all others."""
    import polars

    found = [_moments(texts, each) for each in ([form] if form else CLEAR)]
    return polars.select(polars.coalesce(found)).to_series()


def form_of(texts: polars.Series) -> str | None:
    """Return the form of all texts but null ones; "" for several clear forms; None if some are not dates.

    Raises:
        UnclearError: Day and month may be confused, or their order varies; or years of two digits may be of two
            centuries.
    """
    form = _form_of(texts)
    if form and "%y" in form:
        _check_century(texts, form)
    return form


def _form_of(texts: polars.Series) -> str | None:
    known = texts.drop_nulls().unique(maintain_order=True)
    if not len(known) or not known.str.contains(_BEGINNING).all():
        return None
    some = known.head(SOME)
    for form in CLEAR:
        if _fits(some, form) and _fits(known, form):
            return form
    if _fits(some, "") and _fits(known, ""):
        return ""
    for forms in ((day + time, month + time) for day, month in PAIRS for time in TIMES):
        if _in_neither(some, forms) or _in_neither(known, forms):
            continue
        day_first, month_first = (_moments(known, form) for form in forms)
        if not day_first.null_count() and not month_first.null_count():
            return _told_apart(texts, known.filter(day_first != month_first), forms)
        if not day_first.null_count():
            return forms[0]
        if not month_first.null_count():
            return forms[1]
        day, month = known.filter(month_first.is_null())[0], known.filter(day_first.is_null())[0]
        raise UnclearError(_row(texts, month), f"'{month}' begins with the month, '{day}' with the day")
    return None


def example(form: str) -> str:
    """Return the evening of 31 December 2020 in a form, or for "" in one of `CLEAR`; what is no form comes back."""
    import polars

    try:
        return str(polars.Series([datetime(2020, 12, 31, 18, 30, tzinfo=UTC)]).dt.strftime(form or DAYS[0])[0])
    except polars.exceptions.ComputeError:
        return form


def no_dates(texts: polars.Series) -> np.ndarray:
    """Return which texts (N,) bool are not dates, in the form that most are in; a null is none of them."""
    forms = ["", *(form + time for pair in PAIRS for form in pair for time in TIMES)]
    some = texts.drop_nulls().head(SOME)
    form = min(forms, key=lambda each: moments(some, each).null_count())
    return (moments(texts, form).is_null() & texts.is_not_null()).to_numpy()


def look_like_dates(texts: polars.Series) -> bool:
    """Return whether most texts begin as dates do; it takes much longer to read them."""
    found = texts.drop_nulls().str.contains(_BEGINNING)
    return 2 * int(found.sum()) > len(found)


def _told_apart(texts: polars.Series, differing: polars.Series, forms: tuple[str, str]) -> str:
    """Return a form of two that both fit, if they never differ. Raises UnclearError."""
    if not len(differing):
        return forms[0]
    one, other = (_moments(differing.head(1), form)[0] for form in forms)
    what = f"{one.day} {month_name[one.month]} or {other.day} {month_name[other.month]}"
    raise UnclearError(_row(texts, differing[0]), f"'{differing[0]}' may be {what}, and no row tells which", forms)


def _check_century(texts: polars.Series, form: str) -> None:
    """Raise UnclearError if years of two digits, read as 1970 to 2069, more likely lie on both sides of 1970.

    This is the case if the largest gap between them is longer than the years left over at both ends of the hundred.
    """
    years = _moments(texts, form).dt.year()
    found = np.unique(years.drop_nulls().to_numpy())
    gaps = np.diff(found)
    if len(gaps) and gaps.max() > 100 - (found[-1] - found[0]):
        row = int(np.flatnonzero((years > found[gaps.argmax()]).fill_null(False).to_numpy())[0])
        raise UnclearError(row, f"'{texts[row]}' may be of {years[row] - 100} or {years[row]}", (form,))


def _fits(texts: polars.Series, form: str) -> bool:
    return not moments(texts, form).null_count()


def _in_neither(texts: polars.Series, forms: tuple[str, str]) -> bool:
    """Return whether some text is in neither form."""
    one, other = (_moments(texts, form).is_null() for form in forms)
    return bool((one & other).any())


def _moments(texts: polars.Series, form: str) -> polars.Series:
    import polars

    found = texts.str.to_datetime(form, time_unit="us", strict=False).dt.replace_time_zone(None)  # read as UTC
    return polars.select(polars.when(found.dt.year() >= FIRST_YEAR).then(found)).to_series()


def _row(texts: polars.Series, text: str) -> int:
    return int(np.flatnonzero((texts == text).fill_null(False).to_numpy())[0])
