"""The memory that kernels need, as an interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

Index = tuple[int | slice, ...]


@dataclass(frozen=True)
class Layout:
    """The shape of a zeroed array and the boxes of it that are written; all outside these boxes stays zero.

    Attributes:
        shape: The shape of the array.
        written: Boxes of elements, each a range for every axis.
        gap: Unused elements of memory between neighbours along the first axis.
    """

    shape: tuple[int, ...]
    written: tuple[tuple[range, ...], ...]
    gap: int = 0

    @classmethod
    def of(cls, shape: tuple[int, ...], *written: Index, gap: int = 0) -> Layout:
        """Return the layout of an array that is written at these indices; they may leave out the last axes."""
        return cls(shape, tuple(_box(shape, index) for index in written), gap)

    def boxes(self, array: np.ndarray) -> list[np.ndarray]:
        """Return views of the parts of an array of this shape that are written."""
        return [array[tuple(slice(axis.start, axis.stop, axis.step) for axis in box)] for box in self.written]


class Memory(Protocol):
    """Gives arrays to kernels: the same arguments return the same array at every step."""

    def buffer(self, name: str, shape: tuple[int, ...], dtype: np.dtype | type | None = None) -> np.ndarray:
        """Return an array of this node, whose contents last until the next step begins."""

    def scratch(self, name: str, shape: tuple[int, ...], dtype: np.dtype | type | None = None) -> np.ndarray:
        """Return an array shared by all, whose contents last until the kernel returns."""

    def zeros(self, name: str, layout: Layout) -> np.ndarray:
        """Return a buffer that stays zero except where its layout says that it is written."""

    def scratch_zeros(self, name: str, layout: Layout) -> np.ndarray:
        """Return scratch that stays zero except where its layout says that it is written."""


def _box(shape: tuple[int, ...], index: Index) -> tuple[range, ...]:
    whole = (*index, *[slice(None)] * (len(shape) - len(index)))
    return tuple(
        range(*place.indices(size)) if isinstance(place, slice) else range(place, place + 1)
        for place, size in zip(whole, shape, strict=True)
    )
