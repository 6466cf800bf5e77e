"""Statistics of all examples of a source, read a chunk at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from trainer.datasets.source import INPUT, Source

DIGITS = 6  # of a deviation, and of the part of a mean that it is compared with, so that they stay readable
EPS = float(np.finfo(np.float64).eps)


def scale_of(deviation: Any, mean: Any, count: int) -> np.ndarray:
    """Return the divisor that gives values the deviation 1, in the shape of `deviation`.

    It is 1 for values that are all the same: the computed deviation of `count` of them is only the rounding error of
    their mean.
    """
    return np.where(deviation > count * EPS * np.abs(mean), deviation, 1.0)


def mean_and_std(source: Source, field: str = INPUT) -> tuple[list[float], list[float]]:
    """Return mean and deviation of each channel (the first axis) of a field, rounded as in a configuration.

    Pixels count as scaled to [0, 1]. The deviation of values that are all the same becomes 1. Chunks are combined as by
    Chan, Golub and LeVeque (Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979).
    """
    count, mean, squares = 0, np.zeros(1), np.zeros(1)
    for chunk in source.chunks(field):
        if not chunk.size:
            continue
        values = chunk.reshape(*chunk.shape[:2], -1).astype(np.float64)
        size = values.shape[0] * values.shape[2]
        chunk_mean = _sums(values) / size
        values -= chunk_mean[:, None]
        difference = chunk_mean - mean
        squares = squares + _sums(np.square(values, out=values))
        squares = squares + np.square(difference) * (count * size / (count + size))
        mean = mean + difference * (size / (count + size))
        count += size
    unit = 255 if source.fields[field].dtype == np.uint8 else 1
    mean, std = mean / unit, np.sqrt(squares / max(count, 1)) / unit
    std = scale_of(std, mean, count)
    further = np.log10(np.maximum(np.abs(mean) / std, 1)).astype(int)  # digits before those that the deviation has
    means = [_rounded(value, DIGITS + more) for value, more in zip(mean, further.tolist(), strict=True)]
    return means, [_rounded(value, DIGITS) for value in std]


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _sums(values: np.ndarray) -> np.ndarray:
    """Return the sums (C,) of (N, C, M), by the axes in turn, which is faster than both at once."""
    return values[..., 0].sum(axis=0) if values.shape[2] == 1 else values.sum(axis=2).sum(axis=0)
