"""Exports a table's network: the preprocessing of its columns, and their description for other programs."""

from dataclasses import asdict
from typing import Any

import numpy as np

from trainer.datasets import INPUT, Field, Table
from trainer.datasets.sets.table import CATEGORIES
from trainer.datasets.tables.columns import CATEGORY, DATE, NUMBER, YES_NO
from trainer.datasets.tables.features import Feature
from trainer.export.inputs import NUMBERS, PreparedInputs
from trainer.export.writer import Writer
from trainer.ground.errors import ExportError
from trainer.runs.network import Network
from trainer.runs.prepared import Inputs

VALUES = {NUMBER: "number", YES_NO: "1 for yes, 0 for no", DATE: "days since 1970-01-01"}


class RawColumns(PreparedInputs):
    """A graph that takes the raw columns of a table, and prepares them as was learned from the training data.

    `numbers`, float64, has a column for each number, each yes or no and each date, NaN if it is missing; `categories`,
    int64, has the place of each category's level, 0 for any other level and for none. `description` names the columns.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        assert isinstance(network.dataset, Table)
        self.features = network.dataset.features
        self.numeric = [each for each in self.features.features if each.column.kind != CATEGORY]
        self.categories = [each for each in self.features.features if each.column.kind == CATEGORY]
        if names := [each.column.name for each in self.numeric if each.quantiles]:
            raise ExportError(
                f"column {names[0]} is brought to a normal distribution by its quantiles, which the graph does not do; "
                "leave out --preprocessing, or train without data.quantiles"
            )

    def declared(self) -> dict[str, Field]:
        fields = {NUMBERS: Field((len(self.numeric),), "float64"), CATEGORIES: Field((len(self.categories),), "int64")}
        return {name: field for name, field in fields.items() if field.shape != (0,)}

    def write(self, writer: Writer) -> dict[str, str]:
        there = next(iter(self.declared()))
        fields = self.network.dataset.inputs
        numbers = self._numbers(writer) if fields[INPUT].shape != (0,) else writer.nothing(there, fields[INPUT])
        embedded = [place for place, each in enumerate(self.categories) if each.embedded]
        if embedded:
            places = writer.emit("Gather", CATEGORIES, writer.constant(embedded, "int64"), axis=1)
        else:
            places = writer.nothing(there, fields[CATEGORIES])
        return {INPUT: numbers, CATEGORIES: places}

    def _numbers(self, writer: Writer) -> str:
        """Write operators that do what `Features.numbers` does."""
        parts: list[str] = []
        if self.numeric:
            median, mean, deviation = (
                writer.constant([[getattr(each, name) for each in self.numeric]], "float64")
                for name in ("median", "mean", "deviation")
            )
            missing = writer.emit("IsNaN", NUMBERS)
            centred = writer.emit("Sub", writer.emit("Where", missing, median, NUMBERS), mean)
            parts = [writer.cast(writer.emit("Div", centred, deviation), "float32"), writer.cast(missing, "float32")]
        for place, each in enumerate(self.categories):
            if not each.embedded:
                column = writer.emit("Gather", CATEGORIES, writer.constant([place], "int64"), axis=1)
                levels = writer.constant([range(len(each.levels) + 1)], "int64")
                parts.append(writer.cast(writer.emit("Equal", column, levels), "float32"))
        order = self._order()
        together = writer.emit("Concat", *parts, axis=1)
        return writer.emit("Gather", together, writer.constant(order, "int64"), axis=1)

    def _order(self) -> list[int]:
        """Return where each number of the network's input is: numbers, whether each is missing, levels."""
        numeric = len(self.numeric)
        order: list[int] = []
        number, level = 0, 2 * numeric
        for each in self.features.features:
            if each.column.kind != CATEGORY:
                order += [number, numeric + number][: len(each.names)]
                number += 1
            else:
                order += range(level, level + len(each.names))
                level += len(each.names)
        return order

    def trial(self, rng: np.random.Generator, count: int) -> tuple[dict[str, np.ndarray], Inputs]:
        raw = [_random(each, rng, count) for each in self.features.features]
        given: dict[str, list[np.ndarray]] = {NUMBERS: [], CATEGORIES: []}
        for each, values in zip(self.features.features, raw, strict=True):
            given[CATEGORIES if each.column.kind == CATEGORY else NUMBERS].append(values)
        feeds = {name: np.stack(given[name], axis=1) for name in self.declared()}
        return feeds, {INPUT: self.features.numbers(raw), CATEGORIES: self.features.places(raw)}


def description(network: Network, preprocessing: bool) -> dict[str, Any]:
    """Return what a program must know to feed the graph of a table's network, as JSON values.

    Returns:
        inputs: For each input of the graph its columns, in order: names of what was computed, or with preprocessing the
            raw ones; for a category its levels: give the place of a level, or 0 for any other and for none.
        output: The columns that are predicted, the problem, and the names of the classes.
        features: All that was learned about each column: see `datasets.tables.features.Feature`.
    """
    dataset = network.dataset
    assert isinstance(dataset, Table)
    features = dataset.features.features
    categories = [each for each in features if each.column.kind == CATEGORY and (preprocessing or each.embedded)]
    numbers: list[Any] = list(dataset.features.names)
    if preprocessing:
        numeric = [each.column for each in features if each.column.kind != CATEGORY]
        numbers = [{"column": column.name, "value": VALUES[column.kind]} for column in numeric]
    levels = [{"column": each.column.name, "levels": ["(other)", *each.levels]} for each in categories]
    inputs = {NUMBERS if preprocessing else INPUT: numbers, CATEGORIES: levels}
    return {
        "inputs": {name: columns for name, columns in inputs.items() if columns},
        "output": {name: asdict(dataset.target)[name] for name in ("columns", "problem", "classes")},
        "features": dataset.features.to_json(),
    }


def _random(feature: Feature, rng: np.random.Generator, count: int) -> np.ndarray:
    if feature.column.kind == CATEGORY:
        return rng.integers(len(feature.levels) + 1, size=count)
    numbers = rng.normal(feature.mean, feature.deviation, size=count)
    return np.where(rng.random(count) < 0.2, np.nan, numbers)
