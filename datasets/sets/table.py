"""Your own table, with columns to learn from and one or several to predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.datasets.dataset import Dataset, Splits
from trainer.datasets.errors import DataError
from trainer.datasets.readers.table import is_number
from trainer.datasets.source import INPUT, Field
from trainer.datasets.splitting import Fold
from trainer.datasets.tables.columns import CATEGORY, IGNORE, Column
from trainer.datasets.tables.features import Features
from trainer.datasets.tables.frame import frame_of, located
from trainer.datasets.tables.kinds import by_names, check_category, columns_of, have_unit, override, same, there
from trainer.datasets.tables.rows import AUTO, TableRows, learn_target, numbered, parts, target_names, weights_of
from trainer.datasets.tables.target import CLASSES, LABELS, VALUES, Target
from trainer.ground.options import check_range
from trainer.ground.text import alike

if TYPE_CHECKING:
    import polars

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
        table, numbers = numbered(options)
        with located(options["file"], numbers):
            _check_targets(table, options)
            if options.get("group") and options.get("time"):
                raise DataError("data.time: data.group says already which rows stay together; leave one of them out")
            columns = _columns(table, options)
            weights_of(table, options)  # which may be wrong
            train, *_ = parts(table, options, validation, rng)
            target = learn_target(table, options, train)
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
        table, numbers = numbered(self.options, say=True)
        with located(self.options["file"], numbers):
            inputs, targets = self.encode(table) | weights_of(table, self.options), self.target.encoded(table)

        def chosen(rows: np.ndarray) -> TableRows:
            return TableRows({name: a[rows] for name, a in inputs.items()}, targets[rows], numbers[rows])

        return Splits(*map(chosen, parts(table, self.options, validation, rng)))

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
        return numbered(self.options)[0]

    def frame(self, table: Any) -> polars.DataFrame:
        """Return a file, a DataFrame of polars or pandas, or columns by name as `encode` takes it. Raises DataError."""
        known = [each.column.name for each in self.features.features]
        return frame_of(table, self.options["delimiter"], self.options["encoding"], known)

    def encode(self, table: polars.DataFrame) -> dict[str, np.ndarray]:
        """Return the inputs (N, ...) of the rows of a table by their names. Raises DataError."""
        raw = self.features.raw(table)
        return {INPUT: self.features.numbers(raw), CATEGORIES: self.features.places(raw)}


def _dropout(given: float | str, target: Target, rows: int) -> float | str:
    """Return the share to drop: noise in the outputs costs values more than classes once overfitting is no danger."""
    return (0.3 if target.problem == VALUES and rows >= MANY else 0.5) if given == AUTO else given


def _check_targets(table: polars.DataFrame, options: Mapping[str, Any]) -> None:
    targets = target_names(options)
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
    wanted, targets = by_names(table, options.get("columns") or {}), target_names(options)
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
