"""Lines of columns split into phases: of m phases, column ``m·t + p`` is slot t of phase p.

What moves is always the whole batch of one element, contiguous on both sides, so it is moved as one opaque item: NumPy
calls memcpy for each, which takes half the time of its loop over short rows of numbers.
"""

from __future__ import annotations

import numpy as np


def split(lines: np.ndarray, phases: np.ndarray, offset: int = 0) -> None:
    """Copy lines into phases; slots that get no column are left alone.

    Args:
        lines: (rows, C, W, N).
        phases: (m, rows, C, slots, N).
        offset: Where the lines' first column goes, counted in columns.
    """
    for columns, slots in _pairs(lines, phases, offset):
        slots[...] = columns


def join(phases: np.ndarray, lines: np.ndarray, offset: int = 0) -> None:
    """The inverse of :func:`split`: copy phases into lines."""
    for columns, slots in _pairs(lines, phases, offset):
        columns[...] = slots


def _pairs(lines: np.ndarray, phases: np.ndarray, offset: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Columns and the slots they belong to, as items: the end of one tile, whole tiles, the beginning of another."""
    columns, slots = items(lines), items(phases).transpose(1, 2, 3, 0)  # (rows, C, W), (rows, C, slots, m)
    width, m = columns.shape[2], slots.shape[3]
    first, last = -(-offset // m), (offset + width) // m  # whole tiles
    if first > last:
        return [(columns, slots[:, :, last, offset % m : offset % m + width])]
    head, tail = first * m - offset, offset + width - last * m
    whole = columns[:, :, head : width - tail].reshape(*columns.shape[:2], last - first, m)
    pairs = [(whole, slots[:, :, first:last])]
    if head:
        pairs.append((columns[:, :, :head], slots[:, :, first - 1, m - head :]))
    if tail:
        pairs.append((columns[:, :, width - tail :], slots[:, :, last, :tail]))
    return pairs


def items(x: np.ndarray) -> np.ndarray:
    """Each batch of an array (..., N) as one item of (...)."""
    return x.view(np.dtype((np.void, x.shape[-1] * x.itemsize)))[..., 0]
