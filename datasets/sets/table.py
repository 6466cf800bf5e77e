"""Your own table, with columns to learn from and one or several to predict."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.datasets.dataset import Dataset, Splits
from trainer.datasets.errors import DataError
from trainer.datasets.examples import Examples
from trainer.datasets.readers.table import is_number
from trainer.datasets.source import INPUT, WEIGHT, Field
from trainer.datasets.splitting import Fold, apart
from trainer.datasets.tables.columns import (
    CATEGORY,
    DATE,
    IGNORE,
    NUMBER,
    Column,
    by_names,
    check_category,
    columns_of,
    have_unit,
    levels_of,
    numbers_of,
    override,
    same,
    there,
)
from trainer.datasets.tables.features import Features
from trainer.datasets.tables.frame import frame_of, located
from trainer.datasets.tables.target import CLASSES, LABELS, VALUES, Target
from trainer.ground.options import check_range
from trainer.ground.streams import stream
from trainer.ground.text import alike

if TYPE_CHECKING:
    import polars

log = logging.getLogger(__name__)

AUTO = "auto"
MANY = 1000  # training rows, from which values need less dropout
NAMED = 10  # classes that a line names
CATEGORIES = "categories"  # the input of places of embedded categories
PROBLEMS = {CLASSES: None, LABELS: "trainer.problems.MultiLabel", VALUES: None}


class Table(Dataset):
    """The rows of a table file, where some columns are to be predicted from the others.

    The content of a column decides whether it holds numbers, categories, yes or no, or dates, which is reported. A
    column of text, of one value, or that names or counts the rows is set aside. Numbers are standardised, and missing
    ones become the median. Categories are one-hot; from 20 levels on they are places to look up vectors by. All this
    is learned only from the training rows and recorded in the run's configuration, in the options that were auto.

    The inputs of a network are "input", floats (F,), and "categories", int64 (E,), where E may be 0.

    Args:
        file: The table: .csv, .tsv, .parquet, .xlsx or .jsonl.
        target: The column to predict, or several.
        test: The share of the rows that is kept for the test, the same ones in every run.
        ignore_label: Rows with this target are left out, such as unknown or -1; None: none are.
        delimiter, encoding: The delimiter and encoding of a text file; None: found.
        columns: What columns hold, by name or number, where the content misleads: number, category, yes/no, date,
            ignore, decimal_comma, thousands_comma, or the form of dates, such as %d/%m/%Y.
        problem: classification, multi_label or regression; auto: by the target's content.
        quantiles: Bring numbers to a normal distribution by their quantiles, instead of standardising them.
        group: A column whose equal rows stay in one part, such as the patient each is of.
        weight: A column that says how many times a row counts in training.
        time: A column by which the latest rows are the test, and the latest before them the validation.
        dropout: What `experiment=table` drops; auto: 0.5, or 0.3 for values of at least `MANY` training rows.
        features, learned_target: What was learned; auto.
        set_aside: The columns left out, each with the reason; auto.
        num_classes, num_values: How many the target has; auto.
        levels: How many levels each embedded category has; auto.
    """

    name = "table"

    def __init__(
        self,
        file: Path,
        target: str | Sequence[str],
        test: float = 0.2,
        ignore_label: str | int | None = None,
        delimiter: str | None = None,
        encoding: str | None = None,
        columns: Mapping[str, str] | None = None,
        problem: str = AUTO,
        quantiles: bool = False,
        group: str | None = None,
        time: str | None = None,
        weight: str | None = None,
        dropout: float | str = AUTO,
        features: Sequence[Mapping[str, Any]] | str = AUTO,
        learned_target: Mapping[str, Any] | str = AUTO,
        set_aside: Mapping[str, str] | str = AUTO,
        num_classes: int | str | None = AUTO,
        num_values: int | str | None = AUTO,
        levels: Sequence[int] | str = AUTO,
    ) -> None:
        check_range("test", test, "[0, 1)")
        if isinstance(features, str) or isinstance(learned_target, str):
            raise ValueError("features: auto is resolved only in a run; leave it out")
        self.options: dict[str, Any] = {
            "file": file, "target": target, "test": test, "delimiter": delimiter, "encoding": encoding,
            "group": group, "time": time, "weight": weight,
            "ignore_label": ignore_label, "columns": columns or {}, "problem": problem,
        }  # fmt: skip
        self.features, self.set_aside = Features.from_json(features), {} if isinstance(set_aside, str) else set_aside
        self.target = Target.from_json(learned_target)
        self.class_names = self.target.classes
        self.problem = PROBLEMS[self.target.problem]
        self.value_names = self.target.columns if self.target.problem == VALUES else ()
        self.target_mean, self.target_std = self.target.mean, self.target.deviation
        inputs = {INPUT: Field((len(self.features.names),)), CATEGORIES: Field((len(self.features.levels),), "int64")}
        super().__init__(inputs, len(self.target.classes) or None)

    @classmethod
    def completed(
        cls, options: Mapping[str, Any], validation: float | Fold = 0.0, rng: np.random.Generator | None = None
    ) -> dict[str, Any]:
        """See `Dataset.completed`; reads the table."""
        completed = dict(options)
        if AUTO not in (completed.get("features", AUTO), completed.get("learned_target", AUTO)):
            return completed
        table = _read(options)
        with located(options["file"]):
            _check_targets(table, options)
            if options.get("group") and options.get("time"):
                raise DataError("data.time: data.group says already which rows stay together; leave one of them out")
            columns = _columns(table, options)
            _weights(table, options)  # which may be wrong
            train, *_ = _parts(table, options, validation, rng)
            target = _learned_target(table, options, train)
            features = Features.learned(table, columns, train, options.get("quantiles", False))
        return completed | {
            "features": features.to_json(),
            "learned_target": asdict(target),
            "set_aside": {name: column.why for name, column in columns.items() if column.why},
            "num_classes": len(target.classes) or None,
            "num_values": len(target.mean) or None,
            "levels": features.levels,
            "dropout": _dropout(options.get("dropout", AUTO), target, len(train)),
        }

    def place(self) -> str:
        return str(self.options["file"])

    def read(self) -> Splits:
        """Return the rows, a tenth of them for validation. Raises DataError."""
        return self.divided(0.1, np.random.default_rng(0))

    def divided(self, validation: float | Fold, rng: np.random.Generator) -> Splits:
        table, numbers = _numbered(self.options, say=True)
        with located(self.options["file"]):
            inputs, targets = self.encode(table) | _weights(table, self.options), self.target.encoded(table)

        def chosen(rows: np.ndarray) -> TableRows:
            return TableRows({name: a[rows] for name, a in inputs.items()}, targets[rows], numbers[rows])

        return Splits(*map(chosen, _parts(table, self.options, validation, rng)))

    def described(self) -> list[str]:
        by_kind: dict[str, list[str]] = {}
        for feature in self.features.features:
            kind = f"{feature.column.kind}, embedded" if feature.embedded else feature.column.kind
            by_kind.setdefault(kind, []).append(feature.column.name)
        lines = [f"{kind}: {', '.join(names)}" for kind, names in by_kind.items()]
        lines += [*(f"{name} is left out: {why}" for name, why in self.set_aside.items()), *self._remarks()]
        several = len(self.target.columns) > 1
        value = "a value each" if several else "a value"
        what = {CLASSES: "one class of", LABELS: "any of the labels", VALUES: value}[self.target.problem]
        verb = "are" if several else "is"
        few = len(self.class_names) <= NAMED
        names = f" {', '.join(self.class_names)}" if few else f" {len(self.class_names)}"
        return [*lines, f"{', '.join(self.target.columns)} {verb} predicted: {what}{names if self.class_names else ''}"]

    def _remarks(self) -> list[str]:
        """Return a line for each apparent mistake in the texts of columns."""
        import polars

        columns = {feature.column.name: feature.levels for feature in self.features.features}
        lines = [
            f"column {feature.column.name}: its levels are numbers with a unit, such as '{feature.levels[0]}'; write "
            "them without it to learn from them as numbers"
            for feature in self.features.features
            if feature.embedded and have_unit(polars.Series(feature.levels))
        ]
        if self.target.problem == CLASSES:
            columns[self.target.columns[0]] = self.class_names
        return lines + [
            f"column {name}: {' and '.join(map(repr, group))} are different; if they are one, write them alike"
            for name, levels in columns.items()
            for group in alike(levels)
        ]

    def rows(self) -> polars.DataFrame:
        """Return the rows of the file except those whose target is ignored. Raises DataError."""
        return _read(self.options)

    def frame(self, table: Any) -> polars.DataFrame:
        """Return a file, a DataFrame of polars or pandas, or columns by name as `encode` takes it. Raises DataError."""
        known = [each.column.name for each in self.features.features]
        return frame_of(table, self.options["delimiter"], self.options["encoding"], known)

    def encode(self, table: polars.DataFrame) -> dict[str, np.ndarray]:
        """Return the inputs (N, ...) of the rows of a table by their names. Raises DataError."""
        raw = self.features.raw(table)
        return {INPUT: self.features.numbers(raw), CATEGORIES: self.features.places(raw)}


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


def _dropout(given: float | str, target: Target, rows: int) -> float | str:
    """Return the share to drop: noise in the outputs costs values more than classes once overfitting is no danger."""
    return (0.3 if target.problem == VALUES and rows >= MANY else 0.5) if given == AUTO else given


def _read(options: Mapping[str, Any]) -> polars.DataFrame:
    """Return the rows, except those whose target is ignored."""
    return _numbered(options)[0]


def _numbered(options: Mapping[str, Any], say: bool = False) -> tuple[polars.DataFrame, np.ndarray]:
    """Return the rows, except those whose target is ignored, and the number of each in the file (N,), from 1.

    `say`: log how many are left out.
    """
    table = frame_of(options["file"], options.get("delimiter"), options.get("encoding"))
    ignored = options.get("ignore_label")
    names = [name for name in _targets(options) if name in table.columns]
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


def _targets(options: Mapping[str, Any]) -> list[str]:
    target = options["target"]
    targets = [target] if isinstance(target, str) else list(target)
    if not targets:
        raise DataError("data.target: names no column; name one or several")
    return targets


def _learned_target(table: polars.DataFrame, options: Mapping[str, Any], train: np.ndarray) -> Target:
    problem, written = options.get("problem", AUTO), by_names(table, options.get("columns") or {})
    return Target.learned(table, _targets(options), train, None if problem == AUTO else problem, written)


def _check_targets(table: polars.DataFrame, options: Mapping[str, Any]) -> None:
    targets = _targets(options)
    for place, name in enumerate(targets):
        if name in targets[:place]:
            raise DataError(f"data.target: names '{name}' twice; leave one out")
        if name not in table.columns:
            hint = "; if these are values, add a line of names" if any(map(is_number, table.columns)) else ""
            hint = hint or ("; set data.delimiter" if table.width == 1 else "")
            raise DataError(f"data.target: the table has no column '{name}'; {there(table, name)}{hint}")
        if options.get("problem", AUTO) == AUTO:
            check_category(table[name], "or set data.problem=classification")


def _columns(table: polars.DataFrame, options: Mapping[str, Any]) -> dict[str, Column]:
    """Return what the columns hold; target and group are not learned from, nor is what is the same as the target."""
    wanted, targets = by_names(table, options.get("columns") or {}), _targets(options)
    roles = {name for name in (options.get("group"), options.get("weight")) if name in table.columns}
    columns = columns_of(table, wanted | dict.fromkeys([*targets, *roles], IGNORE))
    free = [name for name in columns if name not in {*targets, *wanted, *roles}]
    for name in free:
        if columns[name].kind in (CATEGORY, IGNORE):
            check_category(table[name], f"leave it empty, or set {override(table, name, CATEGORY)}")
        twin = columns[name].kind != IGNORE and next((each for each in targets if same(table[name], table[each])), "")
        if twin:
            remedy = override(table, name, columns[name].kind)
            why = f"it says the same as {twin}, which is to be predicted; {remedy} uses it anyway"
            columns[name] = Column(name, IGNORE, why=why)
    return columns


def _weights(table: polars.DataFrame, options: Mapping[str, Any]) -> dict[str, np.ndarray]:
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
        raise DataError(f"column {name}, row {wrong[0] + 1}: the weight is {what}; give one of at least 0")
    return {WEIGHT: weights.astype(np.float32)}


def _parts(
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
            raise DataError(f"column {name}, row {missing[0] + 1}: the time is missing; fix it, or remove the row")
        return {"times": times}
    names = _targets(options)
    if len(names) == 1 and names[0] in table.columns and not table[names[0]].null_count():
        target = _learned_target(table, options, np.arange(table.height))
        if target.problem == CLASSES:
            return {"labels": target.encoded(table)}
    return {}
