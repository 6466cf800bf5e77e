"""Lines of columns, split into m phases: column ``m·t + p`` is slot t of phase p.

The whole batch of one element is contiguous on both sides, so it moves as one opaque item. NumPy calls memcpy for each
item, which takes half the time of its loop over short rows of numbers.
"""

from __future__ import annotations

import numpy as np

from trainer.models.kernels.prepared import Call, copy

Place = tuple[slice, slice, slice]  # columns, and the slots and phases they belong to


def places(width: int, m: int, offset: int = 0) -> list[Place]:
    """Return where the columns of a line go, if it begins at column ``offset`` of the phases.

    They are the end of one tile, whole tiles, and the beginning of another.
    """
    first, last = -(-offset // m), (offset + width) // m  # whole tiles
    if first > last:
        begin = offset % m
        return [(slice(0, width), slice(last, last + 1), slice(begin, begin + width))]
    head, tail = first * m - offset, offset + width - last * m
    found = [
        (slice(0, head), slice(first - 1, first), slice(m - head, m)),
        (slice(head, width - tail), slice(first, last), slice(0, m)),
        (slice(width - tail, width), slice(last, last + 1), slice(0, tail)),
    ]
    return [place for place in found if place[0].start < place[0].stop]


def split(lines: np.ndarray, phases: np.ndarray, offset: int = 0) -> list[Call]:
    """Return calls that copy lines into phases and leave slots without a column unchanged.

    Args:
        lines: (rows, C, W, N).
        phases: (m, rows, C, slots, N).
        offset: The column of the phases where the lines' first column goes.
    """
    return [copy(slots, columns) for columns, slots in _pairs(lines, phases, offset)]


def join(phases: np.ndarray, lines: np.ndarray, offset: int = 0) -> list[Call]:
    """Return the inverse of :func:`split`: calls that copy phases into lines."""
    return [copy(columns, slots) for columns, slots in _pairs(lines, phases, offset)]


def _pairs(lines: np.ndarray, phases: np.ndarray, offset: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return columns with the slots they belong to, both as items (rows, C, slots, phases)."""
    columns, slots = items(lines), items(phases).transpose(1, 2, 3, 0)  # (rows, C, W), (rows, C, slots, m)
    pairs = []
    for place, tiles, phase in places(columns.shape[2], len(phases), offset):
        target = slots[:, :, tiles, phase]
        pairs.append((columns[:, :, place].reshape(target.shape, copy=False), target))
    return pairs


def items(x: np.ndarray) -> np.ndarray:
    """Return an array (..., N) as an array (...) whose items are whole batches."""
    return x.view(np.dtype((np.void, x.shape[-1] * x.itemsize)))[..., 0]
