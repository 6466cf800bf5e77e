"""Mini-batches: which examples make one, and how they get into a network."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .dataset import Examples


def batches(count: int, batch_size: int, rng: np.random.Generator | None = None) -> Iterator[np.ndarray]:
    """Yield arrays of indices that together visit each of `count` examples once; the last may be shorter.

    The order is a permutation drawn from `rng`, or sequential without one.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    order = np.arange(count) if rng is None else rng.permutation(count)
    for start in range(0, count, batch_size):
        yield order[start : start + batch_size]


class Loader:
    """Copies chosen examples, normalised, into arrays of the network.

    uint8 inputs are read as pixels and scaled to [0, 1], floats are taken as they are; then `(x - mean) / std` per
    channel (the first feature axis). The whole is one multiplication and one addition. mean, std: one value, or one
    per channel; None for 0 and 1. A loader keeps two byte buffers of its largest batch and allocates nothing else;
    use one per thread or process.
    """

    def __init__(self, examples: Examples, mean: Sequence[float] | None, std: Sequence[float] | None) -> None:
        features = math.prod(examples.inputs.shape[1:])
        self._inputs = examples.inputs.reshape(len(examples), features)
        self._targets = examples.targets
        self._mean = np.asarray(0.0 if mean is None else mean, dtype=np.float64)
        self._std = np.asarray(1.0 if std is None else std, dtype=np.float64)
        self._unit = 1 / 255 if examples.inputs.dtype == np.uint8 else 1.0
        self._per_channel = (-1,) + (1,) * (examples.inputs.ndim - 1)
        self._rows = self._columns = np.empty(0, dtype=self._inputs.dtype)
        self._factors: dict[np.dtype, tuple[np.ndarray, np.ndarray]] = {}

    def load(self, indices: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Fill `out`, float (*shape, n), with the normalised inputs of the n examples at `indices`, and return it.

        `out` may lie in memory sample-first, (n, *shape): then nothing needs to be transposed.

        Raises IndexError for an index that is negative or too large.
        """
        self._check(indices)
        count, features = len(indices), self._inputs.shape[1]
        size = count * features
        if size > self._rows.size:
            self._rows, self._columns = np.empty((2, size), dtype=self._inputs.dtype)
        rows = self._rows[:size].reshape(count, features)
        # `clip` (the indices are checked) lets take write straight into its output.
        np.take(self._inputs, indices, axis=0, out=rows, mode="clip")
        flat = out.reshape(features, count, copy=False)
        if flat.T.flags.c_contiguous:
            np.copyto(flat.T, rows)
        else:  # transposing bytes before they become floats moves a quarter of the memory
            columns = self._columns[:size].reshape(features, count)
            np.copyto(columns, rows.T)
            np.copyto(flat, columns)
        scale, shift = self._affine(out.dtype)
        np.multiply(out, scale, out=out)
        np.add(out, shift, out=out)
        return out

    def targets(self, indices: np.ndarray) -> np.ndarray:
        """Targets of the examples at `indices`, batch last: labels (n,) int64 or values (K, n) float32."""
        self._check(indices)
        return np.ascontiguousarray(self._targets[indices].T)

    def _affine(self, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
        """a and b of a x + b, for arrays of this dtype."""
        if dtype not in self._factors:
            a, b = (np.reshape(each, self._per_channel) for each in (self._unit / self._std, -self._mean / self._std))
            self._factors[dtype] = a.astype(dtype), b.astype(dtype)
        return self._factors[dtype]

    def _check(self, indices: np.ndarray) -> None:
        if len(indices) and indices.astype(np.uint64).max() >= len(self._inputs):  # a negative one becomes huge
            raise IndexError(f"indices {indices.min()}..{indices.max()} of {len(self._inputs)} examples")
