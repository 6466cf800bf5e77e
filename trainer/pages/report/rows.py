"""From what a network gets of a table's row back to the row."""

from __future__ import annotations

import datetime
from math import floor, log10
from statistics import NormalDist

import numpy as np

from trainer.datasets import INPUT, Table
from trainer.datasets.sets.table import CATEGORIES
from trainer.datasets.tables.columns import CATEGORY, DATE, YES_NO
from trainer.datasets.tables.features import Feature

OTHER = "(other)"
DIGITS = 5  # of a standardised number: behind them is what float32 rounds


def places_of(dataset: Table) -> dict[str, tuple[str, slice]]:
    """Return for each column which of the inputs it becomes: the name of the input, and where in it."""
    found, at, embedded = {}, 0, 0
    for feature in dataset.features.features:
        if feature.embedded:
            found[feature.column.name] = (CATEGORIES, slice(embedded, embedded + 1))
            embedded += 1
        else:
            found[feature.column.name] = (INPUT, slice(at, at + len(feature.names)))
            at += len(feature.names)
    return found


def table_rows(dataset: Table, inputs: dict[str, np.ndarray]) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns, and the rows as texts, of a table's inputs (n, ...) by name."""
    columns = []
    for feature, (name, place) in zip(dataset.features.features, places_of(dataset).values(), strict=True):
        columns.append([_cell(feature, values) for values in inputs[name][:, place]])
    header = [feature.column.name for feature in dataset.features.features]
    return header, [list(row) for row in zip(*columns, strict=True)]


def _cell(feature: Feature, values: np.ndarray) -> str:
    """Return one value about as it was in the table: missing numbers and rare levels cannot be recovered."""
    kind = feature.column.kind
    if kind == CATEGORY:
        place = int(values[0]) if feature.embedded else int(values.argmax())
        return feature.levels[place - 1] if place else OTHER
    if feature.indicator and values[1] > 0.5:
        return "(missing)"
    value = _number(feature, float(values[0]))
    if kind == YES_NO:
        return "yes" if value > 0.5 else "no"
    if kind == DATE:
        return str(datetime.date(1970, 1, 1) + datetime.timedelta(round(value)))
    return f"{value:,.6g}"


def _number(feature: Feature, value: float) -> float:
    if not feature.quantiles:
        found = value * feature.deviation + feature.mean
        return round(found, DIGITS - floor(log10(feature.deviation))) if feature.deviation > 0 else found
    share = NormalDist().cdf(value)
    return float(np.interp(share, np.linspace(0, 1, len(feature.quantiles)), feature.quantiles))
