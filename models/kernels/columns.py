"""One-dimensional columns: convolution as one matrix product over an overlapping view.

The classical im2col copies every input element ``kh · kw`` times. Here it is copied only ``kw`` times, shifted along
the width: row ``r`` of the columns holds ``C · kw`` shifted copies of input row ``r``, each ``OW · N`` long, and rows
lie one after another. The ``kh`` rows under an output row are then already one contiguous ``(kh · C · kw, OW · N)``
matrix, and the matrix of the next output row begins one row further in the same memory. So the whole convolution is one
batched matrix product ``(O, K) @ (OH, K, OW · N)`` over an overlapping view.

Both gradients are matrix products over such columns too. Where the kernel has a stride or shrinks the image much, the
gradient of x is a product after which the shifted copies are added back (``scatter_columns``).

Arrays are batch-last: x (C, H, W, N), z (O, OH, OW, N), weight (O, C, kh, kw).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from trainer.models.kernels.geometry import Window
from trainer.models.kernels.memory import Layout
from trainer.models.kernels.phases import items
from trainer.models.kernels.products import product_transposed, split

Allocate = Callable[[Layout], np.ndarray]


class Columns:
    """The columns of inputs of one shape.

    Args:
        channels: C.
        rows, cols: The window along the height and along the width.
        n: Number of examples.
        zeros: Returns a zeroed array of a layout, whose padding is never written.
    """

    def __init__(self, channels: int, rows: Window, cols: Window, n: int, zeros: Allocate) -> None:
        self.depth = rows.kernel * channels * cols.kernel  # K
        self._strided = cols.stride > 1
        self.n = n
        self._image = (channels, rows.size, cols.size, n)
        self._copies: list[tuple[np.ndarray, slice, slice]] = []  # target in the store, rows and columns of x
        self._source: np.ndarray | None = None  # the x that _pairs were made for; usually the same array at every step
        self._pairs: list[tuple[np.ndarray, np.ndarray]] = []
        self._view: np.ndarray | None = None
        self.latest: np.ndarray  # the last result of gather
        if rows == Window(rows.size, 1) and cols == Window(cols.size, 1):
            return  # 1x1: the input is its own columns
        shape: tuple[int, ...]
        lines: list[tuple[tuple[Any, ...], slice]]
        line = (channels, cols.kernel, cols.outputs, n)
        every = slice(None)
        if rows.dilation == 1:
            shape = ((rows.outputs - 1) * rows.stride + rows.kernel, *line)
            inside = slice(rows.padding, max(rows.padding, min(rows.padding + rows.size, shape[0])))
            lines = [((inside,), slice(0, inside.stop - inside.start))]
        else:  # rows under one output row are not neighbours, so copy each of them
            shape = (rows.outputs, rows.kernel, *line)
            valid = [rows.valid(i) for i in range(rows.kernel)]
            lines = [((outputs, i), inputs) for i, (outputs, inputs) in enumerate(valid)]
        # Where a copy goes in the store, and the rows and columns of x that it comes from.
        places: list[tuple[tuple[Any, ...], slice, slice]] = []
        for place, source in lines:
            for j in range(cols.kernel):
                outputs, inputs = cols.valid(j)
                places.append(((*place, every, j, outputs), source, inputs))
        store = zeros(Layout.of(shape, *(place for place, *_ in places)))
        self._copies = [(store[place], source, inputs) for place, source, inputs in places]
        step = store.strides[0] * (rows.stride if rows.dilation == 1 else 1)
        width = cols.outputs * n
        itemsize = store.itemsize
        self._view = as_strided(store, (rows.outputs, self.depth, width), (step, width * itemsize, itemsize))

    def gather(self, x: np.ndarray) -> np.ndarray:
        """Copy ``x`` (C, H, W, N) and return its columns (OH, K, OW·N); their rows overlap, so do not write to them."""
        if x is not self._source:
            self._source = x
            if self._view is None:
                channels, height, width, n = self._image
                self.latest = x.reshape(channels, height, width * n).transpose(1, 0, 2)
            else:
                lines = x.transpose(1, 0, 2, 3)
                self._pairs = [(target, lines[rows, :, cols]) for target, rows, cols in self._copies]
                if self._strided:  # runs of one batch
                    self._pairs = [(items(target), items(source)) for target, source in self._pairs]
                self.latest = self._view
        for target, source in self._pairs:
            target[...] = source  # takes half the time of np.copyto for tiny arrays
        return self.latest


class Correlation:
    """``out = weight @ columns`` row by row; views of the arrays are made once for each ``out``."""

    def __init__(self) -> None:
        self._arrays: tuple[np.ndarray, np.ndarray] | None = None
        self._parts: tuple[np.ndarray, np.ndarray]

    def __call__(self, weight: np.ndarray, columns: np.ndarray, out: np.ndarray) -> None:
        """Compute ``out`` (O, OH, OW, N) from weight (O, K) and columns (OH, K, OW·N)."""
        if self._arrays is None or self._arrays[0] is not columns or self._arrays[1] is not out:
            channels, height, width, n = out.shape
            rows = out.reshape(channels, height, width * n).transpose(1, 0, 2)
            self._arrays, self._parts = (columns, out), split(weight.size, columns, rows, unit=n)
        np.matmul(weight, self._parts[0], out=self._parts[1])


def correlate_gradient(columns: np.ndarray, dz: np.ndarray, partial: np.ndarray, out: np.ndarray) -> None:
    """``out = Σ columns @ dzᵀ`` over the rows: the weight's gradient in :class:`Correlation`, in blocks.

    Args:
        columns: (OH, K, OW·N).
        dz: (O, OH, OW, N).
        partial: Scratch (OH, K/r, O/c, r, c), where (r, c) = ``blocks(K, O)``.
        out: (K/r, O/c, r, c).
    """
    channels, height, width, n = dz.shape
    product_transposed(columns, dz.reshape(channels, height, width * n).transpose(1, 0, 2), partial)()
    np.add.reduce(partial, axis=0, out=out)


def scatter_columns(dcolumns: np.ndarray, rows: Window, cols: Window, lines: np.ndarray, dx: np.ndarray) -> None:
    """Transpose :meth:`Columns.gather`: add every column's gradient to the input element it was copied from.

    First the kernel rows, a few long additions, then the kernel columns.

    Args:
        dcolumns: (OH, K, OW·N).
        rows, cols: The window.
        lines: Scratch ((OH - 1) · stride + reach, C, kw, OW, N).
        dx: (C, H, W, N), overwritten.
    """
    height = rows.outputs
    parts = dcolumns.reshape(height, rows.kernel, *lines.shape[1:])
    if height == 1 and rows.dilation == 1:
        lines = parts[0]
    else:
        zero, taps = _touched(Window(len(lines), rows.kernel, rows.stride, 0, rows.dilation))
        for part in zero:
            lines[part] = 0
        for i, outputs, inputs, first in taps:
            if first:
                lines[inputs] = parts[outputs, i]
            else:
                np.add(lines[inputs], parts[outputs, i], out=lines[inputs])
    inside = lines[rows.padding : rows.padding + rows.size]
    dx[:, len(inside) :] = 0
    image = dx.transpose(1, 0, 2, 3)[: len(inside)]
    zero, taps = _touched(cols)
    for part in zero:
        image[:, :, part] = 0
    for j, outputs, inputs, first in taps:
        source, target = inside[:, :, j, outputs], image[:, :, inputs]
        if first:
            items(target)[...] = items(source)
        else:
            np.add(target, source, out=target)


@lru_cache
def _touched(window: Window) -> tuple[list[slice], list[tuple[int, slice, slice, bool]]]:
    """Return how a window's taps cover its input: the slices to zero, and every tap with its outputs and inputs.

    Inputs that lie a multiple of the stride apart form a class, and each tap reads one class. The first tap of a class
    (marked by the last value) may overwrite what it reads; the rest of the class must be zeroed.
    """
    stride, edges, taps, seen = window.stride, [], [], set()
    for tap in range(window.kernel):
        outputs, inputs = window.valid(tap)
        kind = inputs.start % stride
        first = inputs.stop > inputs.start and kind not in seen
        taps.append((tap, outputs, inputs, first))
        if first:
            seen.add(kind)
            edges += [slice(kind, inputs.start, stride), slice(inputs.stop - 1 + stride, None, stride)]
    return edges if len(seen) == stride else [slice(None)], taps
