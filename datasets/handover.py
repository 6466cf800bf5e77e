"""Handing sources over to other processes."""

from __future__ import annotations

import io
import mmap
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.source import Source


def describe(sources: Sequence[Source]) -> tuple[bytes, list[np.ndarray]]:
    """Return a description from which `restore` makes the same sources in another process, and the arrays in memory.

    Each array is given once, as bytes (n,) uint8, even if several sources have it. Raises DataError if a source cannot
    be pickled.
    """
    buffers: list[pickle.PickleBuffer] = []
    stream = io.BytesIO()
    try:
        _Pickler(stream, 5, buffer_callback=buffers.append).dump(list(sources))
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise DataError(
            f"{type(sources[0]).__name__}: cannot be handed to worker processes ({error}); leave out what cannot be "
            "pickled by __getstate__, or set parallel.workers=1"
        ) from error
    return stream.getvalue(), [np.frombuffer(buffer.raw(), np.uint8) for buffer in buffers]


def restore(description: bytes, arrays: Sequence[np.ndarray]) -> list[Source]:
    """Return the sources that `describe` described, given arrays of the same bytes; for our own processes only."""
    sources: list[Source] = pickle.loads(description, buffers=arrays)
    return sources


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """Reduce mapped arrays to their place in a file; keep other arrays in one piece and out of the pickle."""
        if isinstance(value, np.memmap) and isinstance(value.base, mmap.mmap) and value.filename is not None:
            order = "C" if value.flags.c_contiguous else "F"
            return np.memmap, (value.filename, value.dtype, "r", value.offset, value.shape, order)
        if isinstance(value, np.ndarray) and not (value.flags.c_contiguous or value.flags.f_contiguous):
            return np.ascontiguousarray(value).__reduce_ex__(5)
        return NotImplemented
