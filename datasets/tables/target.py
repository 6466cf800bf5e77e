"""The target of a table's network: classes, several labels, or values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.tables.columns import CATEGORY, DATE, NUMBER, WRITTEN, YES_NO, Column, levels_of, numbers_of
from trainer.datasets.tables.frame import CellError
from trainer.datasets.tables.kinds import columns_of, have_unit, there

if TYPE_CHECKING:
    import polars

CLASSES, LABELS, VALUES = PROBLEMS = ("classification", "multi_label", "regression")
OTHER_TARGET = "name another column as data.target, or set data.problem=classification"
SEPARATOR = ";"  # between the labels in one field
FIX = "fix it, or remove the row"
NOTHING = "there is nothing to learn; name another column as data.target"
MOST_WHOLE_NUMBERS = 20  # at most this many different ones, counting up from 0 or 1, are classes


@dataclass(frozen=True)
class Target:
    """The columns to predict, and what was learned about them.

    Attributes:
        columns: Its names: one, or one for each value or label.
        problem: One of `PROBLEMS`.
        classes: Names of the classes or labels, in order; () for values.
        mean, deviation: The mean and deviation of each value over the training rows; () for classes and labels.
        forms: How each value is written, see `Column`; of several columns of labels their words, as "no/yes" or "0/1";
            () for classes and labels in one column.
    """

    columns: tuple[str, ...]
    problem: str
    classes: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    forms: tuple[str, ...] = ()

    @classmethod
    def learned(
        cls,
        frame: polars.DataFrame,
        columns: Sequence[str],
        train: np.ndarray,
        problem: str | None = None,
        written: Mapping[str, str] | None = None,
    ) -> Target:
        """Return the target in `columns` of a table, learned from the rows at the indices `train`.

        Texts, yes or no, and a few whole numbers from 0 or 1 on are classes. Other numbers are values. Fields such as
        ``a;b``, and several columns of yes or no, are labels. `problem` decides instead of the content if it is given,
        and `written` by a column's name how its numbers are written, as one of `WRITTEN`.

        Raises:
            DataError: A column is missing or has no value in some row, or the columns are not of one kind.
        """
        _check(frame, columns, problem)
        wanted = {name: form for name, form in (written or {}).items() if name in columns and form in WRITTEN}
        problem = problem or _problem(frame, columns, wanted)
        if problem == CLASSES:
            return cls(tuple(columns), problem, _classes(frame[columns[0]], train))
        if problem == LABELS:
            labels = _labels(frame, columns, train)
            marks = _marks(frame[train], columns, labels)
            if (marks == marks[0]).all():
                raise DataError(f"column {', '.join(columns)}: all training rows have the same labels; {NOTHING}")
            words = tuple(_words(frame[name]) for name in columns) if len(columns) > 1 else ()
            return cls(tuple(columns), problem, labels, forms=words)
        found = columns_of(frame.select(columns), {name: wanted.get(name, NUMBER) for name in columns})
        values = _stacked(frame, [*found.values()])[train]
        constant = np.flatnonzero(np.ptp(values, axis=0) == 0)
        if len(constant):
            raise DataError(
                f"column {columns[constant[0]]}: all training rows have the value {values[0, constant[0]]:g}; {NOTHING}"
            )
        deviation = values.std(axis=0)
        forms = tuple(column.form for column in found.values())
        return cls(tuple(columns), problem, (), tuple(values.mean(axis=0).tolist()), tuple(deviation.tolist()), forms)

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Target:
        """Return the target with these saved fields, where tuples were saved as lists."""
        fields: dict[str, Any] = {n: value if isinstance(value, str) else tuple(value) for n, value in saved.items()}
        return cls(**fields)

    def encoded(self, frame: polars.DataFrame) -> np.ndarray:
        """Return the targets of all rows, as the problem has them.

        Classes are int64 (N,); labels are 1 or 0, float32 (N, K); values are float32 (N, K), standardised.

        Raises:
            DataError: A column is missing, or has no value in some row, or a class or label that training has not seen.
        """
        _check(frame, self.columns, self.problem)
        if self.problem == VALUES:
            forms = self.forms or [""] * len(self.columns)
            columns = [Column(name, NUMBER, form) for name, form in zip(self.columns, forms, strict=True)]
            return ((_stacked(frame, columns) - self.mean) / self.deviation).astype(np.float32)
        if self.problem == LABELS:
            return _marks(frame, self.columns, self.classes)
        levels = levels_of(frame[self.columns[0]])
        places = {name: place for place, name in enumerate(self.classes)}
        unknown = [row for row, level in enumerate(levels) if level not in places]
        if unknown:
            problem = f"no training row is of class '{levels[unknown[0]]}'; add some, or remove the row"
            raise CellError(self.columns[0], unknown[0], problem)
        return np.array([places[level] for level in levels], np.int64)


def _check(frame: polars.DataFrame, columns: Sequence[str], problem: str | None) -> None:
    if problem is not None and problem not in PROBLEMS:
        raise DataError(f"data.problem: '{problem}' is none of {', '.join(PROBLEMS)}")
    if problem == CLASSES and len(columns) > 1:
        raise DataError("data.problem: classes are in one column; name one as data.target")
    for name in columns:
        if name not in frame.columns:
            raise DataError(f"data.target: the table has no column '{name}'; {there(frame, name)}")
        empty = np.flatnonzero(frame[name].is_null().to_numpy())
        if len(empty):
            more = len(empty) - 1
            problem = f"the value to predict is missing, here and in {more} more rows; remove these rows"
            raise CellError(name, empty[0], problem)


def _problem(frame: polars.DataFrame, columns: Sequence[str], wanted: Mapping[str, str]) -> str:
    """Return the problem by the content of the columns. Raises DataError if it is none."""
    found = columns_of(frame.select(columns), wanted)
    several = len(columns) > 1
    other = "name others as data.target" if several else OTHER_TARGET
    for name, column in found.items():
        has_labels = not several and _has_separators(frame[name])
        if column.kind == DATE:
            raise DataError(f"column {name}: dates are not predicted; {other}")
        texts = levels_of(frame[name])
        many = column.kind == CATEGORY and texts.n_unique() > MOST_WHOLE_NUMBERS
        if column.why.startswith("its numbers have a unit") or (many and have_unit(texts)):
            raise DataError(
                f"column {name}: its numbers have a unit, such as '{texts[0]}'; write them without it, or set "
                "data.problem=classification"
            )
        if column.why.startswith(("it is text", "it names the rows")) and not has_labels:
            what = column.why.partition(";")[0]
            raise DataError(f"column {name}: {what}, which are too many for classes; {other}")
    if several:
        if all(column.kind == YES_NO or _is_binary(frame[name]) for name, column in found.items()):
            return LABELS
        odd = [name for name, column in found.items() if column.kind != NUMBER and _as_numbers(frame[name]) is None]
        if odd:
            raise DataError(
                f"data.target: several columns are all numbers, or all yes/no, but {odd[0]} is not; name one column, "
                "or others"
            )
        return VALUES
    (name,) = columns
    if found[name].kind == NUMBER:
        numbers_of(frame[name], found[name], FIX)  # one that cannot be used makes no classes of the others
    values = _as_numbers(frame[name], wanted.get(name, NUMBER))
    if values is None or found[name].kind == YES_NO:
        return LABELS if _has_separators(frame[name]) else CLASSES
    numbers = np.unique(values)
    whole = np.array_equal(numbers, np.arange(numbers[0], numbers[0] + len(numbers)))
    return CLASSES if whole and numbers[0] in (0, 1) and len(numbers) <= MOST_WHOLE_NUMBERS else VALUES


def _has_separators(values: polars.Series) -> bool:
    return bool(levels_of(values).str.contains(SEPARATOR, literal=True).any())


def _is_binary(values: polars.Series) -> bool:
    numbers = _as_numbers(values)
    return numbers is not None and set(np.unique(numbers)) <= {0.0, 1.0}


def _as_numbers(values: polars.Series, kind: str = NUMBER) -> np.ndarray | None:
    """Return a column as numbers, if it holds nothing else."""
    try:
        return numbers_of(values, columns_of(values.to_frame(), {values.name: kind})[values.name])
    except DataError:
        return None


def _classes(values: polars.Series, train: np.ndarray) -> tuple[str, ...]:
    levels = levels_of(values)[train].unique()
    if len(levels) < 2:
        raise DataError(f"column {values.name}: all training rows are of class '{levels[0]}'; {NOTHING}")
    numbers = _as_numbers(levels)
    return tuple(levels.sort() if numbers is None else levels.gather(np.argsort(numbers)))


def _labels(frame: polars.DataFrame, columns: Sequence[str], train: np.ndarray) -> tuple[str, ...]:
    if len(columns) > 1:
        return tuple(columns)
    fields = levels_of(frame[columns[0]])[train].unique()
    return tuple(sorted({label for field in fields for label in _split(field)}))


def _words(values: polars.Series) -> str:
    """Return the texts, the most frequent ones, that a column has for no and for yes."""
    marks = numbers_of(values, Column(values.name, YES_NO))
    counts = levels_of(values).to_frame("text").with_columns(yes=marks > 0).group_by("yes", "text").len()
    texts = {row["yes"]: row["text"] for row in counts.sort("len", "text").iter_rows(named=True)}
    return f"{texts.get(False, 'no')}/{texts.get(True, 'yes')}"


def _split(field: str) -> list[str]:
    return [label.strip() for label in field.split(SEPARATOR) if label.strip()]


def _marks(frame: polars.DataFrame, columns: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    if len(columns) > 1:
        return _stacked(frame, [Column(name, YES_NO) for name in columns]).astype(np.float32)
    places = {label: place for place, label in enumerate(labels)}
    marks = np.zeros((frame.height, len(labels)), np.float32)
    for row, field in enumerate(levels_of(frame[columns[0]])):
        for label in _split(field):
            if label not in places:
                problem = f"no training row has the label '{label}'; add some, or remove the label"
                raise CellError(columns[0], row, problem)
            marks[row, places[label]] = 1
    return marks


def _stacked(frame: polars.DataFrame, columns: Sequence[Column]) -> np.ndarray:
    return np.stack([numbers_of(frame[column.name], column, FIX) for column in columns], axis=1)
