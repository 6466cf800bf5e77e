"""Rows of a mapped array that is too large to be read through its map."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from typing import TypeGuard

import numpy as np

from trainer.datasets.errors import DataError

LARGE = 1 << 27  # bytes of a file from which on it is not read through its map


def is_large(array: np.ndarray) -> TypeGuard[np.memmap]:
    """Return whether rows of an array should be read by `Rows`.

    What a process reads through a map counts as its memory, with up to 2 MB around each row. What it reads from the
    file itself does not, and the system caches that just as well.
    """
    if not isinstance(array, np.memmap) or array.filename is None or array.mode != "r":
        return False
    return array.ndim > 1 and array.flags.c_contiguous and array.nbytes > LARGE and hasattr(os, "preadv")


class Rows:
    """The rows of a mapped array, read from its file. Threads may share it; a process that gets it opens it again."""

    def __init__(self, array: np.memmap) -> None:
        self.path, self.start, self.size = Path(str(array.filename)), array.offset, array[:1].nbytes
        self._open()

    def __getstate__(self) -> dict[str, object]:
        return {"path": self.path, "start": self.start, "size": self.size}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._open()

    def read(self, indices: np.ndarray, out: np.ndarray) -> None:
        """Read the rows at `indices` (n,) into `out` (n, ...), of the array's type. Raises DataError, OSError."""
        first = int(indices[0]) if len(indices) else 0
        if np.array_equal(indices, np.arange(first, first + len(indices))):
            self._read(first, out)
            return
        for index, row in zip(indices.tolist(), out, strict=True):
            self._read(index, row)

    def _open(self) -> None:
        self._file = os.open(self.path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def _read(self, row: int, out: np.ndarray) -> None:
        if os.preadv(self._file, [out], self.start + row * self.size) != out.nbytes:
            raise DataError(f"{self.path}: is shorter than before; restore it and train again")
