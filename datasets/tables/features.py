"""Turning a table's columns into a network's inputs, by rules learned only from the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.statistics import scale_of
from trainer.datasets.tables.columns import CATEGORY, IGNORE, YES_NO, Column, levels_of, numbers_of
from trainer.datasets.tables.kinds import override

if TYPE_CHECKING:
    import polars

EMBEDDED_FROM = 20  # levels; a category with fewer is one-hot
OTHER = 0  # the place of levels that training has not seen, and of missing values
QUANTILES = 1000


@dataclass(frozen=True)
class Feature:
    """How one column becomes inputs.

    Attributes:
        column: The column.
        levels: The levels of a category, sorted: level i has place i + 1, any other `OTHER`.
        median: The median of a number; replaces missing ones.
        indicator: Whether another input says that a number was missing.
        mean, deviation: The mean and deviation of a number; the deviation of values that are all the same is 1.
        quantiles: The quantiles of a number, evenly spaced; empty if it is standardised instead.
        least, most: The least and largest value of a number in the training rows; None if there is none, or for runs of
            earlier versions.
    """

    column: Column
    levels: tuple[str, ...] = ()
    median: float = 0.0
    indicator: bool = False
    mean: float = 0.0
    deviation: float = 1.0
    quantiles: tuple[float, ...] = ()
    least: float | None = None
    most: float | None = None

    @property
    def embedded(self) -> bool:
        """Whether the network gets a category's place, to look up a vector that it learns."""
        return self.column.kind == CATEGORY and len(self.levels) >= EMBEDDED_FROM

    @property
    def names(self) -> list[str]:
        """Names of the numbers that it becomes; none for an embedded category."""
        name = self.column.name
        if self.embedded:
            return []
        if self.column.kind == CATEGORY:
            return [f"{name}={level}" for level in ("(other)", *self.levels)]
        return [name, f"{name}=(missing)"] if self.indicator else [name]


@dataclass(frozen=True)
class Features:
    """The columns that a network learns from, with what was learned from the training rows."""

    features: tuple[Feature, ...]

    @classmethod
    def learned(
        cls,
        frame: polars.DataFrame,
        columns: Mapping[str, Column],
        train: np.ndarray,
        quantiles: bool = False,
    ) -> Features:
        """Return the features of all `columns` that are not ignored, learned from the rows at the indices `train`.

        Numbers get median, mean and deviation, categories their levels. With `quantiles`, numbers are mapped to a
        normal distribution by their quantiles instead of being standardised.

        Raises:
            DataError: No column is left, or a value does not fit its column.
        """
        used = [column for column in columns.values() if column.kind != IGNORE]
        if not used:
            raise DataError("no column is left to learn from; +data.columns.NAME=KIND uses one anyway")
        return cls(tuple(_learned(frame, column, train, quantiles) for column in used))

    @classmethod
    def from_json(cls, saved: Sequence[Mapping[str, Any]]) -> Features:
        """Return the features that `to_json` wrote."""
        return cls(
            tuple(
                Feature(
                    **{
                        **each,
                        "column": Column(**each["column"]),
                        "levels": tuple(each["levels"]),
                        "quantiles": tuple(each["quantiles"]),
                    }
                )
                for each in saved
            )
        )

    def to_json(self) -> list[dict[str, Any]]:
        """Return everything in a form that JSON can hold."""
        return [asdict(feature) for feature in self.features]

    @property
    def names(self) -> list[str]:
        """Names of the numbers, in order."""
        return [name for feature in self.features for name in feature.names]

    @property
    def levels(self) -> list[int]:
        """How many places each embedded category has, including `OTHER`."""
        return [len(feature.levels) + 1 for feature in self.features if feature.embedded]

    def raw(self, frame: polars.DataFrame) -> list[np.ndarray]:
        """Return of each feature its value in all rows, (N,).

        A number is float64, NaN where it is missing, a category the place of its level, int64. Raises DataError.
        """
        lacking = [name for each in self.features if (name := each.column.name) not in frame.columns]
        if lacking:
            raise DataError(f"the table has no column {_listed(lacking)}, which the network was trained on; add it")
        return [_raw(frame[each.column.name], each) for each in self.features]

    def unseen(self, frame: polars.DataFrame) -> list[str]:
        """Return a line for each category of which some rows have a level that training has not seen."""
        lines = []
        for feature in self.features:
            if feature.column.kind == CATEGORY:
                levels = levels_of(frame[feature.column.name])
                rows = np.flatnonzero((levels.is_not_null() & ~levels.is_in([*feature.levels])).to_numpy())
                if len(rows):
                    lines.append(
                        f"column {feature.column.name}: {len(rows):,} of {len(levels):,} rows have a level that "
                        f"training has not seen, such as '{levels[int(rows[0])]}' in row {rows[0] + 1}; it "
                        "counts as other"
                    )
        return lines

    def numbers(self, raw: Sequence[np.ndarray]) -> np.ndarray:
        """Return the numbers that a network gets, float32 (N, len(names)), from what `raw` gave."""
        parts = [_numbers(a, each) for a, each in zip(raw, self.features, strict=True) if not each.embedded]
        return np.concatenate([np.empty((len(raw[0]), 0), np.float32), *parts], axis=1, dtype=np.float32)

    def places(self, raw: Sequence[np.ndarray]) -> np.ndarray:
        """Return the places of the embedded categories, int64 (N, len(levels)), from what `raw` gave."""
        parts = [a[:, np.newaxis] for a, each in zip(raw, self.features, strict=True) if each.embedded]
        return np.concatenate([np.empty((len(raw[0]), 0), np.int64), *parts], axis=1)


def _listed(names: Sequence[str]) -> str:
    *others, last = [f"'{name}'" for name in names]
    return f"{', '.join(others)} or {last}" if others else last


def _learned(frame: polars.DataFrame, column: Column, train: np.ndarray, quantiles: bool) -> Feature:
    values = frame[column.name]
    if column.kind == CATEGORY:
        levels = levels_of(values)[train].drop_nulls().unique().sort()
        return Feature(column, levels=tuple(levels))
    remedy = f"fix it, or leave the column out with {override(frame, column.name, IGNORE)}"
    numbers = numbers_of(values, column, remedy)[train]
    known = numbers[~np.isnan(numbers)]
    missing = len(known) < len(numbers)
    if not len(known):
        return Feature(column, indicator=missing)
    median, least, most = float(np.median(known)), float(known.min()), float(known.max())
    filled = np.where(np.isnan(numbers), median, numbers)
    if quantiles and column.kind != YES_NO:
        steps = np.quantile(known, np.linspace(0, 1, min(QUANTILES, len(known))))
        return Feature(column, (), median, missing, quantiles=tuple(steps.tolist()), least=least, most=most)
    mean = float(filled.mean())
    deviation = float(scale_of(filled.std(), mean, len(filled)))
    return Feature(column, (), median, missing, mean, deviation, least=least, most=most)


def _raw(values: polars.Series, feature: Feature) -> np.ndarray:
    if feature.column.kind == CATEGORY:
        return _places(values, feature)
    return numbers_of(values, feature.column, "fix it, or leave it empty")


def _numbers(raw: np.ndarray, feature: Feature) -> np.ndarray:
    """Return the numbers of a column that is not embedded, (N, len(feature.names))."""
    if feature.column.kind == CATEGORY:
        return (raw[:, np.newaxis] == np.arange(len(feature.levels) + 1)).astype(np.float32)
    missing = np.isnan(raw)
    numbers = np.where(missing, feature.median, raw)
    numbers = _normal(numbers, feature) if feature.quantiles else (numbers - feature.mean) / feature.deviation
    columns = [numbers, missing] if feature.indicator else [numbers]
    return np.stack(columns, axis=1).astype(np.float32)


def _normal(numbers: np.ndarray, feature: Feature) -> np.ndarray:
    """Return the values of the normal distribution at the numbers' quantiles, within ±5.2."""
    from statistics import NormalDist

    quantiles = np.asarray(feature.quantiles)
    grid = np.linspace(0, 1, len(quantiles))
    # Of several equal quantiles the middle one counts, the mean of the first and the last.
    low = np.interp(numbers, quantiles, grid)
    high = 1 - np.interp(-numbers, -quantiles[::-1], grid)
    shares = np.clip((low + high) / 2, 1e-7, 1 - 1e-7)
    return np.interp(shares, *normal_table(NormalDist()))


def normal_table(normal: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return shares of the normal distribution, and the values up to which they lie, for interpolation."""
    z = np.linspace(-5.2, 5.2, 1041)
    return np.array([normal.cdf(each) for each in z]), z


def _places(values: polars.Series, feature: Feature) -> np.ndarray:
    """Return the place of each value among the levels, int64 (N,)."""
    import polars

    levels = polars.Series(feature.levels, dtype=polars.String)
    known = dict(zip(levels, range(1, len(levels) + 1), strict=True))
    return levels_of(values).replace_strict(known, default=OTHER, return_dtype=polars.Int64).fill_null(OTHER).to_numpy()
