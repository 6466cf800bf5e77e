"""What kernels ask of whoever gives them memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

Index = tuple[int | slice, ...]


@dataclass(frozen=True)
class Layout:
    """A zeroed array by what is written in it: whatever lies outside all boxes stays zero.

    Attributes:
        shape: Of the array.
        written: Boxes of elements, each one range an axis.
        gap: Elements of memory between one array along the first axis and the next.
    """

    shape: tuple[int, ...]
    written: tuple[tuple[range, ...], ...]
    gap: int = 0

    @classmethod
    def of(cls, shape: tuple[int, ...], *written: Index, gap: int = 0) -> Layout:
        """Return the layout of an array that is written at these indices, which may leave out the last axes."""
        return cls(shape, tuple(_box(shape, index) for index in written), gap)

    @property
    def mask(self) -> np.ndarray:
        """True where the array is written."""
        mask = np.zeros(self.shape, bool)
        for box in self.written:
            mask[tuple(slice(axis.start, axis.stop, axis.step) for axis in box)] = True
        return mask


class Memory(Protocol):
    """Where kernels get arrays from: the same arguments give the same array at every step."""

    def buffer(self, name: str, shape: tuple[int, ...], dtype: np.dtype | type | None = None) -> np.ndarray:
        """Return the node's own: keeps its contents until the next step begins."""

    def scratch(self, name: str, shape: tuple[int, ...], dtype: np.dtype | type | None = None) -> np.ndarray:
        """Everybody's: keeps its contents until the kernel returns."""

    def zeros(self, name: str, layout: Layout) -> np.ndarray:
        """Return a buffer that is written where its layout says and zero elsewhere."""

    def scratch_zeros(self, name: str, layout: Layout) -> np.ndarray:
        """Scratch that is written where its layout says and zero elsewhere."""


def _box(shape: tuple[int, ...], index: Index) -> tuple[range, ...]:
    whole = (*index, *[slice(None)] * (len(shape) - len(index)))
    return tuple(
        range(*place.indices(size)) if isinstance(place, slice) else range(place, place + 1)
        for place, size in zip(whole, shape, strict=True)
    )
