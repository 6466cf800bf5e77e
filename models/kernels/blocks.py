"""Runs of channels that several passes visit in a row, while they are in the cache."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

BLOCK_BYTES = 1 << 20


def channel_blocks(x: np.ndarray) -> tuple[slice, ...]:
    """Return runs of channels of x (C, ...) of about BLOCK_BYTES each, at least one channel long."""
    return _runs(len(x), max(1, BLOCK_BYTES * len(x) // x.nbytes) if x.size else 1)


def column(values: np.ndarray, ndim: int = 4) -> np.ndarray:
    """One value a channel (C), shaped to meet an array of so many axes (C, ...)."""
    return values.reshape(-1, *(1,) * (ndim - 1))


@lru_cache
def _runs(channels: int, size: int) -> tuple[slice, ...]:
    return tuple(slice(start, min(start + size, channels)) for start in range(0, channels, size))
