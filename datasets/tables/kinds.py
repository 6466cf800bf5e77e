"""The kinds of a table's columns, found by what they contain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.tables import dates
from trainer.datasets.tables.columns import (
    CATEGORY,
    COMMAS,
    DATE,
    FORMS,
    IGNORE,
    KINDS,
    LARGEST,
    NO,
    NUMBER,
    WRITTEN,
    YES,
    YES_NO,
    Column,
    floats_of,
    levels_of,
    numbers_of,
)
from trainer.datasets.tables.frame import CellError
from trainer.ground.values import nearest

if TYPE_CHECKING:
    import polars

MOST_LEVELS = 1000  # of a category; beyond them a column is text
MOST_TEXTS = 10  # a text among more than this many numbers for each text, of more different values, is a mistake
MOST_MARKS = 3  # different texts among more numbers that mark missing values
FEW = 20  # rows; with no more of them, columns that name or count them, or equal another, are not recognised
MOST_NAMED = 30  # columns that a line lists

_MAY_BE_GROUPED = r"^[-+]?(\d{1,3}|[1-9]\d{0,2}\.\d{3})$"
_WITH_UNIT = r"^([^\w\s.,+-] ?)?[-+]?\d[\d.,]*( ?[^\d\s]{1,6})?$"  # $12.50, 12 kg, 12%


def columns_of(frame: polars.DataFrame, wanted: Mapping[str, str]) -> dict[str, Column]:
    """Return the kind of every column of a table, by its content unless `wanted` says otherwise.

    Args:
        frame: The table.
        wanted: Of columns, by their names or numbers from 1, one of `KINDS` or `WRITTEN`, or a date's form.

    Raises:
        DataError: `wanted` names a column or a kind that does not exist; or how a column writes numbers or dates is
            unclear.
    """
    known = by_names(frame, wanted)
    for name, kind in known.items():
        if kind not in (*KINDS, *WRITTEN) and "%" not in kind:
            raise DataError(
                f"data.columns.{name}: '{kind}' is none of {', '.join((*KINDS, *WRITTEN))}, nor a date's form such as "
                "%d/%m/%Y"
            )
    return {name: _column(frame, name, known.get(name)) for name in frame.columns}


def by_names(frame: polars.DataFrame, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return `wanted` with names in place of numbers. Raises DataError for columns that are not there."""
    numbers = {str(number): name for number, name in enumerate(frame.columns, start=1)}
    for name in wanted:
        if name not in frame.columns and name not in numbers:
            raise DataError(f"data.columns.{name}: the table has no such column; {there(frame, name)}")
    return {name if name in frame.columns else numbers[name]: kind for name, kind in wanted.items()}


def there(frame: polars.DataFrame, wanted: str) -> str:
    """Return, for the end of an error's line, which columns there are; of many, the one that may have been meant."""
    names = frame.columns
    if len(names) <= MOST_NAMED:
        return f"it has {', '.join(names)}"
    if match := nearest(wanted, names):
        return f"did you mean '{match}'?"
    return f"it has {', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED:,} more"


def override(frame: polars.DataFrame, name: str, kind: str) -> str:
    """Return the override that makes a column of a kind; by its number if its name cannot be typed."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)
    key = f"+data.columns.{name if plain else frame.columns.index(name) + 1}"
    return f"{key}='{kind}'" if " " in kind else f"{key}={kind}"


def _column(frame: polars.DataFrame, name: str, wanted: str | None) -> Column:
    values = frame[name]
    if wanted == IGNORE:
        return Column(name, IGNORE)
    if wanted in FORMS:
        return Column(name, NUMBER, FORMS[wanted])
    if wanted and "%" in wanted:
        return Column(name, DATE, wanted)
    try:
        if wanted:
            return Column(name, wanted, _form(values, wanted) or "")
        if (different := values.drop_nulls().n_unique()) < 2:
            return Column(name, IGNORE, why="constant" if different else "empty")
        kind, form = _kind(values)
    except dates.UnclearError as error:
        kinds = [*error.forms, IGNORE]
        remedy = " or ".join(override(frame, name, each) for each in kinds)
        raise CellError(name, error.row, f"{error.what}; set {remedy}") from None
    if why := _unusable(frame, name, Column(name, kind, form)):
        return Column(name, IGNORE, why=why)
    return Column(name, kind, form)


def check_category(values: polars.Series, remedy: str) -> None:
    """Raise CellError for a text among numbers or dates that made the column a category. remedy: what else to do."""
    import polars

    if values.dtype != polars.String or values.n_unique() <= MOST_TEXTS:
        return
    wrong = (values.cast(polars.Float64, strict=False).is_null() & values.is_not_null()).to_numpy()
    if _are_mistakes(values, wrong):
        others = len(values) - values.null_count() - int(wrong.sum())
        row = int(np.flatnonzero(wrong)[0])
        marks = "" if others > MOST_TEXTS * wrong.sum() else f" (in {wrong.sum()} rows)"
        problem = f"'{values[row]}'{marks} is not a number, as the other {others} are; fix it, {remedy}"
        raise CellError(values.name, row, problem)
    if dates.look_like_dates(values) and _are_mistakes(values, wrong := dates.no_dates(values)):
        row = int(np.flatnonzero(wrong)[0])
        others = len(values) - values.null_count() - int(wrong.sum())
        problem = f"'{values[row]}' is not a date, as the other {others} are; fix it, {remedy}"
        raise CellError(values.name, row, problem)


def _are_mistakes(values: polars.Series, wrong: np.ndarray) -> bool:
    """Return whether `wrong` (N,) bool marks texts that are mistakes, or marks of what is missing, among others."""
    count = int(wrong.sum())
    others = len(values) - values.null_count() - count
    marks = values.filter(wrong).n_unique()
    return bool(count) and (others > MOST_TEXTS * count or (others > count and marks <= MOST_MARKS))


def _kind(values: polars.Series) -> tuple[str, str]:
    """Return the kind of a column by its known values, and the form of a date or number."""
    import polars

    if values.dtype == polars.Boolean or _is_yes_no(values.drop_nulls()):
        return YES_NO, ""
    if values.dtype.is_numeric():
        return NUMBER, ""
    if values.dtype.is_temporal():
        return DATE, ""
    for kind in (NUMBER, DATE):
        form = _form(values, kind)
        if form is not None:
            return kind, form
    return CATEGORY, ""


def _form(values: polars.Series, kind: str) -> str | None:
    """Return how texts write a number or a date; None if not all do it in one way. Raises UnclearError."""
    import polars

    if values.dtype != polars.String:
        return ""
    if kind == DATE:
        return dates.form_of(values)
    if kind != NUMBER:
        return ""
    if values.cast(polars.Float64, strict=False).null_count() == values.null_count():
        return ""
    known = values.drop_nulls()
    fits = [form for form, pattern in COMMAS.items() if known.str.contains(pattern).all()]
    if len(fits) < 2:
        return fits[0] if fits else None
    row = int(np.flatnonzero(values.str.contains(",").fill_null(False).to_numpy())[0])
    text = values[row]
    what = f"'{text}' may be {text.replace(',', '')} or {text.replace(',', '.')}, and no row tells which"
    raise dates.UnclearError(row, what, WRITTEN)


def grouped(values: polars.Series) -> str | None:
    """Return a text as 1.250 of a column whose points may all be those of thousands; None if they are not, or none."""
    import polars

    if values.dtype != polars.String or not values.drop_nulls().str.contains(_MAY_BE_GROUPED).all():
        return None
    return next((text for text in values.drop_nulls() if "." in text), None)


def _is_yes_no(known: polars.Series) -> bool:
    import polars

    if known.dtype != polars.String:
        return False
    texts = {text.lower() for text in known.unique()}
    return len(texts) == 2 and any(text in YES for text in texts) and any(text in NO for text in texts)


def _unusable(frame: polars.DataFrame, name: str, column: Column) -> str:
    """Return why a network should not learn from a column (it names its rows, or is free text), or "" if it may."""
    if not name:
        return "it has no name, like a column of row numbers"
    known = frame[name].drop_nulls()
    distinct = known.n_unique()
    everything = distinct == len(known) and len(known) > FEW
    if everything and column.kind == NUMBER:
        remedy = f"fix it, or leave the column out with {override(frame, name, IGNORE)}"
        numbers = numbers_of(frame[name], column, remedy)
        steps = np.unique(np.diff(numbers[~np.isnan(numbers)]))
        if len(steps) == 1 and abs(steps[0]) == 1:
            return "it counts the rows"
        if not steps.any():
            return "its numbers are equal to within rounding"
    if column.kind == CATEGORY and len(known) > FEW and (distinct > MOST_LEVELS or distinct > 0.5 * len(known)):
        texts = known.cast(str)
        if have_unit(texts):
            return f"its numbers have a unit, such as '{texts[0]}'; write them without it to learn from them"
        words = texts.str.count_matches(r"\s").to_numpy().mean()
        what = "it names the rows" if everything and words < 1 else "it is text"
        return f"{what}, {distinct} different values; {override(frame, name, CATEGORY)} uses it anyway"
    return ""


def have_unit(texts: polars.Series) -> bool:
    """Return whether all texts are numbers with one and the same unit, as `$12.50` or `12 kg`."""
    return bool(texts.str.contains(_WITH_UNIT).all()) and texts.str.replace(r"\d[\d.,]*", "").n_unique() == 1


def same(values: polars.Series, answers: polars.Series) -> bool:
    """Return whether two columns say the same: their texts are equal, or each determines the other in over `FEW` rows.

    Numbers determine each other if one is a linear function of the other; others if their levels pair up.
    """
    import polars

    one, other = levels_of(values), levels_of(answers)
    if one.equals(other):
        return True
    if len(values) <= FEW or values.null_count() or answers.null_count():
        return False
    count = other.n_unique()
    if 1 < count <= MOST_LEVELS and count < 0.5 * len(other) and one.n_unique() == count:
        return len(polars.DataFrame([one.alias("one"), other.alias("other")]).unique()) == count
    x, y = (_standardised(each) for each in (values, answers))
    if x is None or y is None:
        return False
    return bool(np.abs(x - np.sign(x @ y) * y).max() < 1e-6)


def _standardised(values: polars.Series) -> np.ndarray | None:
    """Return a column without gaps as float64 (N,) of deviation 1, or None if it is constant or no usable number."""
    numbers = floats_of(values).to_numpy().astype(np.float64)
    if not (np.abs(numbers) <= LARGEST).all() or np.ptp(numbers) == 0:
        return None
    standardised: np.ndarray = (numbers - numbers.mean()) / numbers.std()
    return standardised
