"""Where the arrays of a step lie in memory."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np

from models.layer import Shape

LINE = 64  # bytes of a cache line: AVX-512 loads that straddle lines cost twice
HUGE_PAGE = 2 << 20  # bytes
BLOCK = 32 << 20  # bytes; of so much NumPy tells Linux that huge pages are welcome


class Arena:
    """Gives arrays out of large blocks, which Linux maps with huge pages.

    With pages of 4 KB, finding them costs a network of large activations 1-9 % of its step.
    """

    def __init__(self) -> None:
        self._free = np.empty(0, np.uint8)

    def empty(self, size: int, dtype: np.dtype) -> np.ndarray:
        """An uninitialised flat array that begins on a cache line."""
        dtype = np.dtype(dtype)
        nbytes = size * dtype.itemsize
        room = -(-nbytes // LINE) * LINE
        if room > self._free.size:
            self._free = _aligned(max(room, BLOCK), HUGE_PAGE)
        array, self._free = self._free[:nbytes], self._free[room:]
        return array.view(dtype)

    def filled(self, shape: Shape, dtype: np.dtype, value: float) -> np.ndarray:
        """An array full of one value."""
        array = self.empty(math.prod(shape), dtype).reshape(shape)
        array.fill(value)
        return array


def aligned_empty(size: int, dtype: np.dtype) -> np.ndarray:
    """An uninitialised flat array by itself, that begins on a cache line."""
    dtype = np.dtype(dtype)
    return _aligned(size * dtype.itemsize, LINE).view(dtype)


def _aligned(nbytes: int, unit: int) -> np.ndarray:
    raw = np.empty(nbytes + unit, np.uint8)
    start = -raw.ctypes.data % unit
    return raw[start : start + nbytes]


class Memory:
    """Flat stores by key, each as large as the largest array asked of it: batches of different sizes share one."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._stores: dict[Hashable, np.ndarray] = {}

    def view(self, key: Hashable, shape: Shape, dtype: np.dtype) -> np.ndarray:
        size = math.prod(shape)
        store = self._stores.get(key)
        if store is None or store.size < size or store.dtype != dtype:
            store = self._stores[key] = self._arena.empty(size, dtype)
        return store[:size].reshape(shape)

    def zeros(self, key: Hashable, shape: Shape, dtype: np.dtype) -> np.ndarray:
        """An array zeroed when it is first asked for."""
        if key not in self._stores:
            self._stores[key] = self._arena.filled((math.prod(shape),), dtype, 0)
        return self._stores[key].reshape(shape)

    @property
    def nbytes(self) -> int:
        return sum(store.nbytes for store in self._stores.values())


class GradientPool:
    """Buffers for gradients on their way down the graph: few, because each is free again once consumed."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._free: list[np.ndarray] = []
        self._used: list[np.ndarray] = []

    def take(self, shape: Shape, dtype: np.dtype) -> np.ndarray:
        size = math.prod(shape)
        fitting = [store for store in self._free if store.size >= size and store.dtype == dtype]
        if fitting:
            store = min(fitting, key=lambda store: store.size)
            self._free = [other for other in self._free if other is not store]
        else:
            store = self._arena.empty(size, dtype)
        self._used.append(store)
        return store[:size].reshape(shape)

    def release_all_but(self, wanted: list[np.ndarray]) -> None:
        """Free every buffer that no ``wanted`` gradient lies in."""
        used = [s for s in self._used if any(np.may_share_memory(s, w) for w in wanted)]
        self._free += [s for s in self._used if not any(s is u for u in used)]
        self._used = used
