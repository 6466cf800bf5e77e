"""Matrix products, cut to the sizes at which OpenBLAS is fastest.

OpenBLAS multiplies small matrices without packing them first, at 105-110 instead of 70-80 GFLOP/s for the shapes of
small convolutions. It does so for ``a @ b`` up to SMALL_PRODUCT multiply-accumulates, and for ``a @ bᵀ`` up to
SMALL_OUTPUT elements of the result. numpy.matmul calls it for each matrix of a batch, whatever the strides between.
"""

from __future__ import annotations

from functools import lru_cache, partial
from math import isqrt

import numpy as np

from trainer.models.kernels.prepared import Call

SMALL_PRODUCT = 1_000_000
SMALL_OUTPUT = 1200
LARGEST = 1 << 24  # multiply-accumulates of a product; for a larger one packing pays
UNIT = 16  # columns of a vector register
ALIASING = 4096  # bytes; rows a multiple of this apart evict each other from the first-level cache


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Compute ``out = a @ b``, a part of a's rows at a time.

    Args:
        a: (M, K), in rows or in columns.
        b: (K, N), in rows or in columns.
        out: (M, N), contiguous.
    """
    (rows, depth), columns, (down, right) = a.shape, b.shape[1], b.strides
    parts = _row_parts(rows, depth, columns, right if right > down else 0)
    if parts == 1:
        return np.matmul(a, b, out=out)
    np.matmul(a.reshape(parts, -1, depth), b, out=out.reshape(parts, -1, columns))
    return out


def product(a: np.ndarray, b: np.ndarray, out: np.ndarray, unit: int = UNIT, largest: int | None = None) -> Call:
    """Return a call that computes ``out[..., :, :] = a @ b[..., :, :]``, a part of the columns at a time.

    Args:
        a: (..., M, K), broadcast over the batch axes of b.
        b: (..., K, width); may overlap itself.
        out: (..., M, width), its last axis contiguous.
        unit: The columns of a part are a multiple of this, if it divides the width.
        largest: Multiply-accumulates of a part, by default SMALL_PRODUCT.
    """
    b, out = split(a.shape[-2] * a.shape[-1], b, out, unit, largest)
    return partial(np.matmul, a[..., None, :, :], b, out=out)


def split(
    size: int, b: np.ndarray, out: np.ndarray, unit: int, largest: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return views of b and out of :func:`product` in parts (..., parts, K, width / parts); a has `size` elements."""
    *batch, depth, width = b.shape
    rows = out.shape[-2]
    parts = _parts(width, unit, (largest or SMALL_PRODUCT) // size)
    b = b.reshape(*batch, depth, parts, width // parts).swapaxes(-3, -2)
    return b, out.reshape(*batch, rows, parts, width // parts).swapaxes(-3, -2)


def product_transposed(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> Call:
    """Return a call that computes ``a @ bᵀ``, block by block.

    Args:
        a: (..., rows, width); may overlap itself.
        b: (..., columns, width).
        out: Receives the result: (..., rows / r, columns / c, r, c), where (r, c) = ``blocks(rows, columns)``.
    """
    *batch, rows, width = a.shape
    columns = b.shape[-2]
    r, c = blocks(rows, columns)
    left = a.reshape(*batch, rows // r, 1, r, width)
    right = b.reshape(*batch, 1, columns // c, c, width).swapaxes(-1, -2)
    return partial(np.matmul, left, right, out=out)


@lru_cache
def _parts(width: int, unit: int, largest: int) -> int:
    """Return the fewest equal parts no wider than `largest`, in whole units if possible; 1 if there are none."""
    fitting = [parts for parts in _divisors(width) if unit <= width // parts <= largest]
    return next((parts for parts in fitting if width // parts % unit == 0), fitting[0] if fitting else 1)


@lru_cache
def _row_parts(rows: int, depth: int, columns: int, distance: int) -> int:
    """Return the fewest parts, of four or more rows each, that make every product a small one; 1 if none do.

    distance: Bytes between the columns of b if it lies in columns; else 0.
    """
    small = SMALL_OUTPUT if distance else SMALL_PRODUCT // depth
    if rows * depth * columns > LARGEST or (distance and distance % ALIASING == 0):
        return 1
    return next((rows // part for part in reversed(_divisors(rows)) if part >= 4 and part * columns <= small), 1)


@lru_cache
def blocks(rows: int, columns: int) -> tuple[int, int]:
    """Return the shape of the blocks in which a result (rows, columns) of ``a @ bᵀ`` is computed.

    They are the largest blocks that count as small, and among these the nearest to two rows for each column.
    """
    return max(
        ((r, c) for r in _divisors(rows) for c in _divisors(columns) if r * c <= SMALL_OUTPUT),
        key=lambda block: (block[0] * block[1], -abs(block[0] - 2 * block[1])),
    )


def _divisors(number: int) -> list[int]:
    """Return the divisors of a number in ascending order."""
    small = [divisor for divisor in range(1, isqrt(number) + 1) if number % divisor == 0]
    return small + [number // divisor for divisor in reversed(small) if divisor * divisor != number]
