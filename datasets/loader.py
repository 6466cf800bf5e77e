"""Loading of examples into a network's arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.source import TARGET, WEIGHT, Field, Source

FAR = 100  # deviations from 0; beyond that, float32 has too few digits left for differences from the mean


class Loader:
    """Copies examples of a source, normalised, into arrays of the network.

    uint8 inputs are read as pixels and scaled to [0, 1], floats are taken as they are; then `(x - mean) / std` per
    channel (the first feature axis). The whole is one multiplication and one addition, except for values far from 0,
    whose digits these would lose. Where the network takes integers, they are copied. mean, std: one value, or one per
    channel; None for 0 and 1. A loader keeps two buffers of its largest batch for each input; use one per thread or
    process.

    Attributes:
        weights: (n,) float, of the examples loaded last; None where the source has none.
    """

    def __init__(self, source: Source, mean: Sequence[float] | None = None, std: Sequence[float] | None = None) -> None:
        self.source = source
        fields = dict(source.fields)
        self._target, self._weight = fields.pop(TARGET), fields.pop(WEIGHT, None)
        self._drawn_target = source.drawn[TARGET]
        self._inputs = [_Input(*field, mean, std) for field in fields.items()]
        self.weights: np.ndarray | None = None

    def load(self, indices: np.ndarray, *out: np.ndarray, draw: Draw | None = None) -> np.ndarray:
        """Fill an array (*shape, n) for each input with the examples at `indices` (n,), floats normalised.

        If the arrays lie batch-first in memory, as (n, *shape), nothing has to be transposed. draw holds the random
        numbers of these examples, in training.

        Returns:
            Their targets, batch-last: labels (n,) int64 or values (K, n) float32; of classes that are mixed, which
            happens only with random numbers, the share of each (K, n).

        Raises:
            IndexError: An index is negative or too large.
        """
        rows = {each.name: each.rows(len(indices)) for each in self._inputs}
        if self._weight is not None:
            rows[WEIGHT] = self.weights = np.empty(len(indices), self._weight.dtype)
        targets = self._read(indices, rows, draw)
        for each, array in zip(self._inputs, out, strict=True):
            each.place(rows[each.name], array)
        return targets

    def targets(self, indices: np.ndarray) -> np.ndarray:
        """Return only the targets of the examples at `indices`, as `load` returns them."""
        return self._read(indices, {}, None)

    def _read(self, indices: np.ndarray, rows: dict[str, np.ndarray], draw: Draw | None) -> np.ndarray:
        if len(indices) and indices.astype(np.uint64).max() >= len(self.source):  # a negative one becomes huge
            raise IndexError(f"indices {indices.min()}..{indices.max()} of {len(self.source)} examples")
        field = self._target if draw is None else self._drawn_target
        targets = rows[TARGET] = np.empty((len(indices), *field.shape), field.dtype)
        self.source.read(indices, rows, draw)
        return np.ascontiguousarray(targets.T)


class _Input:
    """One input: the buffer that a source fills, and the way from there to the network's array."""

    def __init__(self, name: str, field: Field, mean: Sequence[float] | None, std: Sequence[float] | None) -> None:
        self.name, self._shape, self._features = name, field.shape, math.prod(field.shape)
        self._mean = np.asarray(0.0 if mean is None else mean, dtype=np.float64)
        self._std = np.asarray(1.0 if std is None else std, dtype=np.float64)
        self._unit = 1 / 255 if field.dtype == np.uint8 else 1.0
        self._per_channel = (-1,) + (1,) * len(field.shape)
        self._is_far = field.dtype != np.uint8 and bool((np.abs(self._mean) > FAR * self._std).any())
        self._rows = self._columns = np.empty(0, field.dtype)
        self._views: dict[int, np.ndarray] = {}
        self._factors: dict[np.dtype, tuple[np.ndarray, np.ndarray]] = {}

    def rows(self, count: int) -> np.ndarray:
        """Return the buffer (count, *shape) to read into."""
        try:
            return self._views[count]
        except KeyError:
            size = count * self._features
            if size > self._rows.size:
                self._rows, self._columns = np.empty((2, size), self._rows.dtype)
                self._views.clear()
            view = self._views[count] = self._rows[:size].reshape(count, *self._shape)
            return view

    def place(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Write `rows`, normalised, to `out` (*shape, n)."""
        count, features = len(rows), self._features
        if self._is_far and out.dtype.kind == "f":
            mean, std = (each.reshape(self._per_channel[:-1]) for each in (self._mean, self._std))
            np.copyto(np.moveaxis(out, -1, 0), (rows - mean) / std, casting="same_kind")
            return
        rows, flat = rows.reshape(count, features), out.reshape(features, count, copy=False)
        if flat.T.flags.c_contiguous:
            np.copyto(flat.T, rows)
        else:  # transposing bytes, before they become floats, moves a quarter of the memory
            columns = self._columns[: count * features].reshape(features, count)
            np.copyto(columns, rows.T)
            np.copyto(flat, columns)
        if out.dtype.kind == "f":
            scale, shift = self._affine(out.dtype)
            np.multiply(out, scale, out=out)
            np.add(out, shift, out=out)

    def _affine(self, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
        """Return a and b of the normalisation a x + b, for arrays of this dtype."""
        if dtype not in self._factors:
            a, b = (np.reshape(each, self._per_channel) for each in (self._unit / self._std, -self._mean / self._std))
            self._factors[dtype] = a.astype(dtype), b.astype(dtype)
        return self._factors[dtype]
