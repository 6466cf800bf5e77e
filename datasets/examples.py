"""Examples as arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.errors import DataError
from trainer.datasets.rows import Rows, is_large
from trainer.datasets.source import INPUT, TARGET, Field, Source

KINDS = "biuf"  # booleans, integers, floats


class Examples(Source):
    """A source whose examples are arrays, in memory or mapped from a file (of a large one, little stays in memory).

    Args:
        inputs: (N, *shape): uint8 pixels or floats, see Field; for a network of several inputs each by its name, and
            so where examples have weights, "weight" (N,) float.
        targets: (N,) int64 labels, or (N, K) float32 values.

    Raises:
        DataError: The arrays differ in length, or do not hold numbers.
    """

    def __init__(self, inputs: np.ndarray | Mapping[str, np.ndarray], targets: np.ndarray) -> None:
        named = dict(inputs) if isinstance(inputs, Mapping) else {INPUT: inputs}
        arrays = {name: np.asanyarray(array) for name, array in (named | {TARGET: targets}).items()}
        for name, array in arrays.items():
            if array.dtype.kind not in KINDS or array.ndim == 0:
                raise DataError(f"{name}: an array {array.shape} of {array.dtype}; give numbers, one row per example")
            if len(array) != len(targets):
                raise DataError(f"{len(array)} {name}s but {len(targets)} targets; give one for each example")
        self.arrays = {name: a if isinstance(a, np.memmap) else np.ascontiguousarray(a) for name, a in arrays.items()}
        self.fields = {name: Field(a.shape[1:], a.dtype.newbyteorder("=")) for name, a in self.arrays.items()}
        self._rows = {name: Rows(a) for name, a in self.arrays.items() if is_large(a)}

    def __len__(self) -> int:
        return len(self.arrays[TARGET])

    def read(self, indices: np.ndarray, out: Mapping[str, np.ndarray], draw: Draw | None) -> None:
        for name, rows in out.items():
            array = self.arrays[name]
            if name in self._rows and array.dtype == rows.dtype:
                self._rows[name].read(indices, rows)
            elif array.flags.c_contiguous and array.dtype == rows.dtype:
                # The indices are checked; `clip` lets take write straight to its output.
                np.take(array, indices, axis=0, out=rows, mode="clip")
            else:  # take would copy the whole array
                rows[...] = array[indices]

    def read_all(self, name: str) -> np.ndarray:
        """Return the array itself, not a copy."""
        return self.arrays[name]

    def take(self, indices: np.ndarray) -> Examples:
        """Return a copy of the examples at `indices`."""
        taken = {name: array[indices] for name, array in self.arrays.items()}
        targets = taken.pop(TARGET)
        return Examples(taken, targets)
