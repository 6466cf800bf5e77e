"""The rows of a table: those that are used, what each counts, and the parts they are divided into."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.examples import Examples
from trainer.datasets.readers.table import is_number
from trainer.datasets.source import WEIGHT
from trainer.datasets.splitting import Fold, apart
from trainer.datasets.tables.columns import DATE, NUMBER, levels_of, numbers_of
from trainer.datasets.tables.frame import CellError, frame_of
from trainer.datasets.tables.kinds import by_names, columns_of, there
from trainer.datasets.tables.target import CLASSES, Target
from trainer.ground.streams import stream

if TYPE_CHECKING:
    import polars

log = logging.getLogger(__name__)

AUTO = "auto"


class TableRows(Examples):
    """Rows of a table, which know their numbers in its file.

    Args:
        inputs, targets: See `Examples`.
        numbers: Those of the rows in the file (N,), from 1.
    """

    def __init__(self, inputs: Mapping[str, np.ndarray], targets: np.ndarray, numbers: np.ndarray) -> None:
        super().__init__(inputs, targets)
        self.numbers = numbers

    def place(self, index: int) -> str:
        return f"row {self.numbers[index]}"


def numbered(options: Mapping[str, Any], say: bool = False) -> tuple[polars.DataFrame, np.ndarray]:
    """Return the rows, except those whose target is ignored, and the number of each in the file (N,), from 1.

    `say`: log how many are left out.
    """
    table = frame_of(options["file"], options.get("delimiter"), options.get("encoding"))
    ignored = options.get("ignore_label")
    names = [name for name in target_names(options) if name in table.columns]
    numbers = np.arange(1, table.height + 1)
    if ignored is None or not names:  # a missing target is reported elsewhere
        return table, numbers
    if len(names) > 1:
        raise DataError("data.ignore_label: there are several targets; remove rows from the table instead")
    kept = ~_are(table[names[0]], str(ignored))
    if not kept.any():
        raise DataError(f"data.ignore_label: all rows have the label '{ignored}'; name another label")
    if say:
        left_out = table.height - kept.sum()
        log.info("%s: %s rows of label %s are left out", options["file"], f"{left_out:,}", ignored)
    return table.filter(kept), numbers[kept.to_numpy()]


def _are(values: polars.Series, label: str) -> polars.Series:
    """Return which values are this label; numbers may be written in another way, as -1.0."""
    import polars

    found = levels_of(values).eq_missing(label)
    if values.dtype != polars.String or not is_number(label):
        return found
    return found | values.cast(polars.Float64, strict=False).eq_missing(float(label))


def target_names(options: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns to predict. Raises DataError."""
    target = options["target"]
    targets = [target] if isinstance(target, str) else list(target)
    if not targets:
        raise DataError("data.target: names no column; name one or several")
    return targets


def learn_target(table: polars.DataFrame, options: Mapping[str, Any], train: np.ndarray) -> Target:
    """Return the target as learned from the rows at the indices `train`. Raises DataError."""
    problem, written = options.get("problem", AUTO), by_names(table, options.get("columns") or {})
    return Target.learned(table, target_names(options), train, None if problem == AUTO else problem, written)


def weights_of(table: polars.DataFrame, options: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return the weights (N,) of the rows by the name of their field; nothing where no column has them."""
    name = options.get("weight")
    if name is None:
        return {}
    if name not in table.columns:
        raise DataError(f"data.weight: the table has no column '{name}'; {there(table, name)}")
    weights = numbers_of(table[name], columns_of(table.select(name), {name: NUMBER})[name])
    wrong = np.flatnonzero(~(weights >= 0))
    if len(wrong):
        what = "missing" if np.isnan(weights[wrong[0]]) else "negative"
        raise CellError(name, wrong[0], f"the weight is {what}; give one of at least 0")
    return {WEIGHT: weights.astype(np.float32)}


def parts(
    table: polars.DataFrame, options: Mapping[str, Any], validation: float | Fold, rng: np.random.Generator | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the indices of the training, validation and test rows."""
    share = options.get("test", 0.2)
    by = _divided_by(table, options) if share or validation else {}
    everything = np.arange(table.height)

    def cut(rows: np.ndarray, wanted: int | Fold, numbers: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        if not wanted:
            return rows, rows[:0]
        chosen = apart(len(rows), wanted, numbers, **{name: values[rows] for name, values in by.items()})
        return np.delete(rows, chosen), rows[chosen]

    rest, test = cut(everything, round(share * table.height), stream(0, "test"))
    wanted = round(validation * len(rest)) if isinstance(validation, float) else validation
    train, held = cut(rest, wanted, rng or stream(0, "split"))
    if not len(train):
        raise DataError(f"{options['file']}: {table.height} rows leave none to train on; give more, or a smaller test")
    return train, held, test


def _divided_by(table: polars.DataFrame, options: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return what decides the parts: groups, times, or classes, whose share is the same in each part."""
    for option in ("group", "time"):
        name = options.get(option)
        if name and name not in table.columns:
            raise DataError(f"data.{option}: the table has no column '{name}'; {there(table, name)}")
    if name := options.get("group"):
        return {"groups": table[name].cast(str).fill_null("").to_numpy()}
    if name := options.get("time"):
        wanted = by_names(table, options.get("columns") or {})
        (column,) = columns_of(table.select(name), {n: kind for n, kind in wanted.items() if n == name}).values()
        if column.kind not in (DATE, NUMBER):
            raise DataError(f"data.time: column {name} holds neither dates nor numbers; name another column")
        times = numbers_of(table[name], column)
        if (missing := np.flatnonzero(np.isnan(times))).size:
            raise CellError(name, missing[0], "the time is missing; fix it, or remove the row")
        return {"times": times}
    names = target_names(options)
    if len(names) == 1 and names[0] in table.columns and not table[names[0]].null_count():
        target = learn_target(table, options, np.arange(table.height))
        if target.problem == CLASSES:
            return {"labels": target.encoded(table)}
    return {}
