"""Blocks of channels, small enough to stay in the cache while several passes run over them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

BLOCK_BYTES = 1 << 20


def channel_blocks(x: np.ndarray) -> tuple[slice, ...]:
    """Return runs of channels of x (C, ...) of about BLOCK_BYTES each, at least one channel long."""
    return _runs(len(x), max(1, BLOCK_BYTES * len(x) // x.nbytes) if x.size else 1)


def column(values: np.ndarray, ndim: int = 4) -> np.ndarray:
    """Return ``values`` (C) in a shape that broadcasts along an array (C, ...) of ``ndim`` axes."""
    return values.reshape(-1, *(1,) * (ndim - 1))


@lru_cache
def _runs(channels: int, size: int) -> tuple[slice, ...]:
    return tuple(slice(start, min(start + size, channels)) for start in range(0, channels, size))
