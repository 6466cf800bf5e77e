"""Runs of channels that several passes visit in a row, while they are in the cache."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

BLOCK_BYTES = 1 << 20
MOST_RUNS = 8  # more of them cost more than the channels between


def channel_blocks(x: np.ndarray) -> tuple[slice, ...]:
    """Runs of channels of x (C, ...) of about BLOCK_BYTES each, at least one channel long."""
    return _runs(len(x), max(1, BLOCK_BYTES * len(x) // x.nbytes) if x.size else 1)


def runs(mask: np.ndarray) -> list[slice]:
    """The neighbouring channels for which ``mask`` (C) is true, as slices; one slice around all if they are many."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False)).tolist()
    if len(edges) > 2 * MOST_RUNS:
        edges = [edges[0], edges[-1]]
    return [slice(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def column(values: np.ndarray, ndim: int = 4) -> np.ndarray:
    """One value a channel (C), shaped to meet an array of so many axes (C, ...)."""
    return values.reshape(-1, *(1,) * (ndim - 1))


@lru_cache
def _runs(channels: int, size: int) -> tuple[slice, ...]:
    return tuple(slice(start, min(start + size, channels)) for start in range(0, channels, size))
