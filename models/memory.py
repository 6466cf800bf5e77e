"""Where the arrays of a step lie in memory, and which of them may share it.

Two arrays share memory only in these cases, so sharing cannot change a number:

- *One is dead before the other is written.* Scratch is dead when the layer's method that asked for it returns. A node's
  buffers are dead when the next step begins, whatever its batch size. A gradient is dead when every node that needs it
  has read it; this is looked up at each request for memory, never predicted.
- *Both stay zero in the same places.* A caller that relies on zeros in a store says where it writes. Only callers that
  write to exactly the same elements get the same store (:class:`models.kernels.memory.Layout`).

The poisoned mode (``Workspace(..., poisoned=True)``, or TRAINER_POISON=1 in the environment) checks this at run time:
it fills dead memory with NaN and verifies the zeros before each use.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from trainer.models.errors import PoisonError
from trainer.models.kernels.memory import Layout
from trainer.models.shape import Shape

LINE = 64  # bytes of a cache line: AVX-512 loads that straddle lines cost twice
HUGE_PAGE = 2 << 20  # bytes
BLOCK = 32 << 20  # bytes; large enough that NumPy asks Linux for huge pages


class Arena:
    """Allocates arrays in large blocks, which Linux maps with huge pages.

    With pages of 4 KB, looking pages up takes 1-9 % of the step of a network with large activations.
    """

    def __init__(self) -> None:
        self._free = np.empty(0, np.uint8)

    def empty(self, size: int, dtype: np.dtype) -> np.ndarray:
        """Return an uninitialised flat array that begins on a cache line."""
        dtype = np.dtype(dtype)
        nbytes = size * dtype.itemsize
        room = -(-nbytes // LINE) * LINE
        if room > self._free.size:
            self._free = _aligned(max(room, BLOCK), HUGE_PAGE)
        array, self._free = self._free[:nbytes], self._free[room:]
        return array.view(dtype)

    def filled(self, shape: Shape, dtype: np.dtype, value: float) -> np.ndarray:
        """Return an array full of one value."""
        array = self.empty(math.prod(shape), dtype).reshape(shape)
        array.fill(value)
        return array


def aligned_empty(size: int, dtype: np.dtype) -> np.ndarray:
    """Return an uninitialised flat array of its own that begins on a cache line."""
    dtype = np.dtype(dtype)
    return _aligned(size * dtype.itemsize, LINE).view(dtype)


def _aligned(nbytes: int, unit: int) -> np.ndarray:
    raw = np.empty(nbytes + unit, np.uint8)
    start = -raw.ctypes.data % unit
    return raw[start : start + nbytes]


class Memory:
    """Stores by key, whose arrays all become dead at the same moment.

    Args:
        arena: Where stores come from.
        poisoned: Whether a new store is full of NaN.
    """

    def __init__(self, arena: Arena, poisoned: bool = False) -> None:
        self._arena, self._poisoned = arena, poisoned
        self._stores: dict[Hashable, list[np.ndarray]] = {}  # the last one is in use; views of the others may be
        self._zeros: dict[tuple[Hashable, Layout, np.dtype], tuple[np.ndarray, list[np.ndarray]]] = {}

    def view(self, key: Hashable, shape: Shape, dtype: np.dtype) -> np.ndarray:
        """Return an array in the store of this key and type, which grows to the largest array requested from it."""
        size, stores = math.prod(shape), self._stores.setdefault((key, dtype), [])
        if not stores or stores[-1].size < size:
            stores.append(self._arena.empty(size, dtype))
            if self._poisoned:
                spoil(stores[-1])
        return stores[-1][:size].reshape(shape)

    def zeros(self, key: Hashable, layout: Layout, dtype: np.dtype) -> np.ndarray:
        """Return an array that is zeroed at the first call; callers with the same key and layout share it."""
        whole = (key, layout, dtype)
        if whole not in self._zeros:
            count, *rest = layout.shape
            size = math.prod(rest)
            rows = self._arena.filled((count, size + layout.gap), dtype, 0)
            array = rows[:, :size].reshape(layout.shape, copy=False)
            written = layout.boxes(array)
            if self._poisoned:
                _fill(written, np.nan)
            self._zeros[whole] = array, written
        return self._zeros[whole][0]

    def spoil(self) -> None:
        """Fill dead memory with NaN. Raises PoisonError if an element that must stay zero is not zero."""
        for stores in self._stores.values():
            for store in stores:
                spoil(store)
        for (key, *_), (array, written) in self._zeros.items():
            _fill(written, 0)
            if array.any():
                raise PoisonError(f"{key}: memory that must stay zero was written to, by a bug in a layer or kernel")
            _fill(written, np.nan)


class GradientPool:
    """Stores for gradients during backward: a few are enough, as each is free once it has been read."""

    def __init__(self, arena: Arena, poisoned: bool = False) -> None:
        self._arena, self._poisoned = arena, poisoned
        self._stores: list[np.ndarray] = []

    def take(self, shape: Shape, dtype: np.dtype, alive: Sequence[np.ndarray]) -> np.ndarray:
        """Return an array in the smallest store that is large enough and holds no ``alive`` gradient."""
        size = math.prod(shape)
        fitting = [s for s in self._stores if s.size >= size and s.dtype == dtype and not overlaps(s, alive)]
        if fitting:
            store = min(fitting, key=lambda store: store.size)
        else:
            store = self._arena.empty(size, dtype)
            self._stores.append(store)
            if self._poisoned:
                spoil(store)
        return store[:size].reshape(shape)

    def spoil(self, alive: Sequence[np.ndarray]) -> None:
        """Fill every store that holds no ``alive`` gradient with NaN."""
        for store in self._stores:
            if not overlaps(store, alive):
                spoil(store)


def overlaps(array: np.ndarray, others: Iterable[np.ndarray]) -> bool:
    """Return whether the memory from the first element to the last overlaps that of one of ``others``."""
    return any(np.may_share_memory(array, other) for other in others)


def spoil(array: np.ndarray) -> None:
    """Fill an array with NaN or, where its type has none, with True, -1 or the largest number."""
    if array.dtype == bool:
        array.fill(True)
    else:
        array.reshape(-1, copy=False).view(np.uint8).fill(0xFF)  # all bits set, which is also a NaN


def _fill(arrays: Iterable[np.ndarray], value: float) -> None:
    for array in arrays:
        array.fill(value)
