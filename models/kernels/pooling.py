"""Max and average pooling of batch-last images (C, H, W, N), with naive twins that spell out the definition.

Windows are never gathered. The elements at place (a, b) of all windows form a strided slice of the image, a *tap*. So
pooling by k×k windows takes k² elementwise operations on whole arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import DTypeLike

from trainer.models.kernels.geometry import Window

Tap = tuple[tuple[slice, ...], tuple[slice, ...]]  # the windows that have this element, and its places in the image


@dataclass(frozen=True)
class PoolWindow(Window):
    """One axis of a pooling window.

    Args:
        ceil_mode: Also keep a last window that reaches beyond the end, if it begins before the trailing padding
            (PyTorch's rule).
    """

    ceil_mode: bool = False

    @property
    def outputs(self) -> int:
        if not self.ceil_mode:
            return super().outputs
        outputs = -(-(self.size + 2 * self.padding - self.reach) // self.stride) + 1
        return outputs - ((outputs - 1) * self.stride >= self.size + self.padding)

    @property
    def inside(self) -> bool:
        """Whether all windows lie inside the input."""
        return self.padding == 0 and (self.outputs - 1) * self.stride + self.kernel <= self.size

    @property
    def disjoint(self) -> bool:
        return self.stride >= self.kernel

    @property
    def covering(self) -> bool:
        """Whether every input lies in a window."""
        return self.stride <= self.kernel and (self.outputs - 1) * self.stride + self.kernel >= self.size + self.padding

    def counts(self, include_padding: bool) -> np.ndarray:
        """Return how many inputs each window holds, with or without places of the padding."""
        starts = np.arange(self.outputs) * self.stride - self.padding
        border = self.padding if include_padding else 0
        return np.minimum(starts + self.kernel, self.size + border) - np.maximum(starts, -border)


@dataclass(frozen=True)
class Windows:
    """The windows of an image: those along its height times those along its width."""

    rows: PoolWindow
    columns: PoolWindow

    @cached_property
    def taps(self) -> list[Tap]:
        """The taps, in row-major order of the places in a window."""
        every = slice(None)
        return [
            ((every, window_rows, window_columns), (every, rows, columns))
            for window_rows, rows in map(self.rows.valid, range(self.rows.kernel))
            for window_columns, columns in map(self.columns.valid, range(self.columns.kernel))
            if window_rows.stop and window_columns.stop
        ]

    @cached_property
    def inside(self) -> bool:
        return self.rows.inside and self.columns.inside

    @cached_property
    def disjoint(self) -> bool:
        return self.rows.disjoint and self.columns.disjoint

    @cached_property
    def covering(self) -> bool:
        return self.rows.covering and self.columns.covering

    def weights(self, include_padding: bool, dtype: DTypeLike) -> np.ndarray | float:
        """Return 1 / number of places in each window: (OH, OW, 1), or one number if all windows are alike."""
        counts = np.outer(self.rows.counts(include_padding), self.columns.counts(include_padding))
        if (counts == counts[0, 0]).all():
            return 1.0 / float(counts[0, 0])
        return (1.0 / counts).astype(dtype)[:, :, None]


def max_pool(x: np.ndarray, windows: Windows, out: np.ndarray) -> np.ndarray:
    """Write the largest element of each window of x (C, H, W, N) to out (C, OH, OW, N) and return it."""
    (_, first), *rest = taps = windows.taps
    if windows.inside and rest:
        np.maximum(x[first], x[rest.pop(0)[1]], out=out)
    else:  # padding counts as minus infinity
        out.fill(-np.inf)
        rest = taps
    for place, tap in rest:
        np.maximum(out[place], x[tap], out=out[place])
    return out


def max_pool_gradient(
    x: np.ndarray,
    y: np.ndarray,
    dy: np.ndarray,
    windows: Windows,
    out: np.ndarray,
    mask: np.ndarray,
    scratch: np.ndarray,
) -> np.ndarray:
    """Give dy of each window to its largest element, the first in row-major order if several are equal.

    Args:
        x: The image (C, H, W, N).
        y: The result of :func:`max_pool` for x.
        dy: The gradient of y.
        windows: The windows of the image.
        out: Receives the gradient of x.
        mask: Boolean array like y, overwritten.
        scratch: Array (2, *y.shape), overwritten.
    """
    unspent, given = scratch
    np.copyto(unspent, dy)
    *taps, (last_place, last) = windows.taps
    if not (windows.disjoint and windows.covering):
        out.fill(0)
    for place, tap in taps:
        np.equal(x[tap], y[place], out=mask[place])
        np.multiply(unspent[place], mask[place], out=given[place])
        np.subtract(unspent[place], given[place], out=unspent[place])  # dy, or 0 once the window has given it
        _spread(given[place], windows, out[tap])
    _spread(unspent[last_place], windows, out[last])
    return out


def average_pool(x: np.ndarray, windows: Windows, weights: np.ndarray | float, out: np.ndarray) -> np.ndarray:
    """Write the sum of each window times ``weights``, a number or (OH, OW, 1): x (C, H, W, N), out (C, OH, OW, N)."""
    (_, first), *rest = taps = windows.taps
    if windows.inside and rest:
        np.add(x[first], x[rest.pop(0)[1]], out=out)
    else:
        out.fill(0)
        rest = taps
    for place, tap in rest:
        np.add(out[place], x[tap], out=out[place])
    return np.multiply(out, weights, out=out)


def average_pool_gradient(
    dy: np.ndarray, windows: Windows, weights: np.ndarray | float, out: np.ndarray, scratch: np.ndarray
) -> np.ndarray:
    """Give dy times ``weights`` to every element of a window. dy and scratch (C, OH, OW, N), out (C, H, W, N)."""
    share = np.multiply(dy, weights, out=scratch)
    if not (windows.disjoint and windows.covering):
        out.fill(0)
    for place, tap in windows.taps:
        _spread(share[place], windows, out[tap])
    return out


def _spread(gradient: np.ndarray, windows: Windows, out: np.ndarray) -> None:
    """Add the gradient to ``out``, or set ``out`` if the windows do not overlap."""
    if windows.disjoint:
        np.copyto(out, gradient)
    else:
        np.add(out, gradient, out=out)


def naive_max_pool(x: np.ndarray, windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest element of each window and its (row, column) in the image: (C, OH, OW, N) and (..., 2)."""
    shape = (x.shape[0], windows.rows.outputs, windows.columns.outputs, x.shape[3])
    y, argmax = np.empty(shape, x.dtype), np.empty((*shape, 2), int)
    for c, i, j, n in np.ndindex(shape):
        best = max(_places(windows, i, j), key=lambda place: x[c, *place, n])  # the first of equal ones
        y[c, i, j, n], argmax[c, i, j, n] = x[c, *best, n], best
    return y, argmax


def naive_max_pool_gradient(x: np.ndarray, dy: np.ndarray, windows: Windows) -> np.ndarray:
    """Return the gradient of x (C, H, W, N) in :func:`naive_max_pool`."""
    dx, (_, argmax) = np.zeros_like(x), naive_max_pool(x, windows)
    for c, i, j, n in np.ndindex(dy.shape):
        row, column = argmax[c, i, j, n]
        dx[c, row, column, n] += dy[c, i, j, n]
    return dx


def naive_average_pool(x: np.ndarray, windows: Windows, include_padding: bool = True) -> np.ndarray:
    """Return the mean of each window: (C, OH, OW, N)."""
    y = np.zeros((x.shape[0], windows.rows.outputs, windows.columns.outputs, x.shape[3]), x.dtype)
    rows, columns = windows.rows.counts(include_padding), windows.columns.counts(include_padding)
    for c, i, j, n in np.ndindex(y.shape):
        for row, column in _places(windows, i, j):
            y[c, i, j, n] += x[c, row, column, n] / (rows[i] * columns[j])
    return y


def naive_average_pool_gradient(
    x: np.ndarray, dy: np.ndarray, windows: Windows, include_padding: bool = True
) -> np.ndarray:
    """Return the gradient of x (C, H, W, N) in :func:`naive_average_pool`."""
    dx = np.zeros_like(x)
    rows, columns = windows.rows.counts(include_padding), windows.columns.counts(include_padding)
    for c, i, j, n in np.ndindex(dy.shape):
        for row, column in _places(windows, i, j):
            dx[c, row, column, n] += dy[c, i, j, n] / (rows[i] * columns[j])
    return dx


def _places(windows: Windows, i: int, j: int) -> Iterator[tuple[int, int]]:
    """Yield the places (row, column) of the image in window (i, j), without padding."""
    rows, columns = windows.rows, windows.columns
    top, left = i * rows.stride - rows.padding, j * columns.stride - columns.padding
    for row in range(max(top, 0), min(top + rows.kernel, rows.size)):
        for column in range(max(left, 0), min(left + columns.kernel, columns.size)):
            yield row, column
