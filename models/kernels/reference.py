"""Convolution as in the textbooks: by seven loops, and by im2col with one matrix product.

Tests compare the engine's own kernels (:mod:`models.kernels.convolution`) with both; nothing else uses them. Arrays are
batch-first, as in the texts and in PyTorch: x (N, C, H, W), w (O, C, kh, kw), b (O), y (N, O, OH, OW).
"""

from __future__ import annotations

import numpy as np

from trainer.models.kernels.geometry import Pair, Window, pair

Size = int | Pair


def conv2d_naive(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None, stride: Size = 1, padding: Size = 0, dilation: Size = 1
) -> np.ndarray:
    """Return the cross-correlation by its definition, one multiply-accumulate at a time.

    ``y[n, o, i, j] = b[o] + Σ_{c,p,q} w[o, c, p, q] · x[n, c, i·stride + p·dilation - padding, ...]``, where x is zero
    outside. Returns (N, O, OH, OW). Raises ValueError if the shapes do not fit.
    """
    rows, cols = _windows(x, w.shape[1:], stride, padding, dilation)
    y = np.zeros((len(x), len(w), rows.outputs, cols.outputs), np.result_type(x, w))
    xs, ws, channels = x.tolist(), w.tolist(), range(w.shape[1])  # reading numbers from arrays takes five times as long
    for n in range(len(x)):
        for i in range(rows.outputs):
            for j in range(cols.outputs):
                for o in range(len(w)):
                    total = 0.0
                    for c in channels:
                        for p in range(rows.kernel):
                            for q in range(cols.kernel):
                                row = i * rows.stride + p * rows.dilation - rows.padding
                                col = j * cols.stride + q * cols.dilation - cols.padding
                                if 0 <= row < rows.size and 0 <= col < cols.size:
                                    total += ws[o][c][p][q] * xs[n][c][row][col]
                    y[n, o, i, j] = total
    return y if b is None else y + b[:, None, None]


def im2col(x: np.ndarray, kernel: Size, stride: Size = 1, padding: Size = 0, dilation: Size = 1) -> np.ndarray:
    """Return the window under each output as one row: (N, C, H, W) to (N·OH·OW, C·kh·kw).

    Rows run over examples, output rows, output columns; columns over channels, kernel rows, kernel columns, as in
    ``w.reshape(O, -1)``. Raises ValueError if the kernel does not fit.
    """
    rows, cols = _windows(x, (x.shape[1], *pair("kernel", kernel)), stride, padding, dilation)
    columns = np.zeros((len(x), x.shape[1], rows.kernel, cols.kernel, rows.outputs, cols.outputs), x.dtype)
    for p in range(rows.kernel):
        for q in range(cols.kernel):
            (i, row), (j, col) = rows.valid(p), cols.valid(q)
            columns[:, :, p, q, i, j] = x[:, :, row, col]
    return columns.transpose(0, 4, 5, 1, 2, 3).reshape(-1, x.shape[1] * rows.kernel * cols.kernel)


def col2im(
    columns: np.ndarray,
    shape: tuple[int, int, int, int],
    kernel: Size,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
) -> np.ndarray:
    """Return the transpose of :func:`im2col`: add every element to the place of the image that it was copied from.

    It is not the inverse, since windows overlap. ``⟨im2col(x), c⟩ = ⟨x, col2im(c)⟩`` makes it the backward of im2col.

    Args:
        columns: (N·OH·OW, C·kh·kw).
        shape: (N, C, H, W) of the image.
        kernel, stride, padding, dilation: As for im2col.

    Returns:
        (N, C, H, W).
    """
    x = np.zeros(shape, columns.dtype)
    n, channels = shape[:2]
    rows, cols = _windows(x, (channels, *pair("kernel", kernel)), stride, padding, dilation)
    parts = columns.reshape(n, rows.outputs, cols.outputs, channels, rows.kernel, cols.kernel)
    parts = parts.transpose(0, 3, 4, 5, 1, 2)
    for p in range(rows.kernel):
        for q in range(cols.kernel):
            (i, row), (j, col) = rows.valid(p), cols.valid(q)
            x[:, :, row, col] += parts[:, :, p, q, i, j]
    return x


def conv2d_im2col(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None, stride: Size = 1, padding: Size = 0, dilation: Size = 1
) -> np.ndarray:
    """Return :func:`conv2d_naive` by one matrix product: ``y = im2col(x) · w.reshape(O, -1)ᵀ + b``."""
    rows, cols = _windows(x, w.shape[1:], stride, padding, dilation)
    y = im2col(x, w.shape[2:], stride, padding, dilation) @ w.reshape(len(w), -1).T
    y = y.reshape(len(x), rows.outputs, cols.outputs, len(w)).transpose(0, 3, 1, 2)
    return y if b is None else y + b[:, None, None]


def conv2d_im2col_gradient(
    x: np.ndarray, w: np.ndarray, dy: np.ndarray, stride: Size = 1, padding: Size = 0, dilation: Size = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of x, w and b in :func:`conv2d_im2col`, given dy (N, O, OH, OW).

    ``dw = dyᵀ · im2col(x)``, ``dx = col2im(dy · w)``, ``db = Σ dy``.
    """
    options = stride, padding, dilation
    flat = dy.transpose(0, 2, 3, 1).reshape(-1, len(w))
    dw = flat.T @ im2col(x, w.shape[2:], *options)
    dx = col2im(flat @ w.reshape(len(w), -1), x.shape, w.shape[2:], *options)
    return dx, dw.reshape(w.shape), flat.sum(axis=0)


def _windows(
    x: np.ndarray, kernel: tuple[int, ...], stride: Size, padding: Size, dilation: Size
) -> tuple[Window, Window]:
    """Return the sliding window along the height and along the width; ``kernel`` is (C, kh, kw)."""
    channels, *sizes = kernel
    if x.ndim != 4 or x.shape[1] != channels:
        raise ValueError(f"an input of shape {x.shape} does not fit a kernel of {channels} channels")
    options = pair("stride", stride), pair("padding", padding, 0), pair("dilation", dilation)
    rows, cols = (Window(*axis) for axis in zip(x.shape[2:], sizes, *options, strict=True))
    if rows.outputs < 1 or cols.outputs < 1:
        raise ValueError(f"a kernel of {sizes[0]}x{sizes[1]} does not fit an input of {x.shape[2]}x{x.shape[3]}")
    return rows, cols
