"""Statistics of all examples of a source, read a chunk at a time."""

from __future__ import annotations

import numpy as np

from trainer.datasets.source import INPUT, Source

DIGITS = 6  # of mean and deviation, so that they stay readable in a configuration


def mean_and_std(source: Source) -> tuple[list[float], list[float]]:
    """Return mean and deviation of each channel (the first axis) of the input, rounded as in a configuration.

    Pixels count as scaled to [0, 1]. A deviation of 0 becomes 1. Chunks are combined as by Chan, Golub and LeVeque
    (Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979).
    """
    count, mean, squares = 0, np.zeros(1), np.zeros(1)
    for chunk in source.chunks(INPUT):
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
    std = np.sqrt(squares / max(count, 1))
    unit = 255 if source.fields[INPUT].dtype == np.uint8 else 1
    rounded = [[float(f"{value:.{DIGITS}g}") for value in values / unit] for values in (mean, std)]
    return rounded[0], [value if value > 0 else 1.0 for value in rounded[1]]


def _sums(values: np.ndarray) -> np.ndarray:
    """Return the sums (C,) of (N, C, M), by the axes in turn, which is faster than both at once."""
    return values[..., 0].sum(axis=0) if values.shape[2] == 1 else values.sum(axis=2).sum(axis=0)
