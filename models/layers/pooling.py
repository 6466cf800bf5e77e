"""Pooling layers."""

from __future__ import annotations

import numpy as np

from trainer.models.context import Context
from trainer.models.errors import GraphError
from trainer.models.kernels.geometry import Pair, pair
from trainer.models.kernels.pooling import (
    PoolWindow,
    Windows,
    average_pool,
    average_pool_gradient,
    max_pool,
    max_pool_gradient,
)
from trainer.models.layer import Layer
from trainer.models.shape import Shape, format_shape, require_image


class _Pool2d(Layer):
    """The base of MaxPool2d and AvgPool2d, with their windows."""

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
        ceil_mode: bool = False,
    ) -> None:
        self.kernel_size = pair("kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else pair("stride", stride)
        self.padding = pair("padding", padding, 0)
        self.ceil_mode = ceil_mode
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ValueError(f"padding: {padding} is more than half of kernel_size, {kernel_size}")

    def windows(self, shape: Shape) -> Windows:
        """Return the windows of an image of ``shape`` (C, H, W)."""
        axes = zip(shape[1:], self.kernel_size, self.stride, self.padding, strict=True)
        return Windows(*(PoolWindow(*axis, ceil_mode=self.ceil_mode) for axis in axes))

    def output_shape(self, shape: Shape) -> Shape:
        windows = self.windows(require_image(shape))
        rows, columns = windows.rows.outputs, windows.columns.outputs
        if rows < 1 or columns < 1:
            kernel = format_shape(self.kernel_size)
            raise GraphError(
                f"window {kernel} does not fit its input {format_shape(shape)}", "reduce kernel_size or add padding"
            )
        return shape[0], rows, columns

    def plan(self, ctx: Context, x: np.ndarray) -> Windows:
        """Return the windows of x (C, H, W, N), made once."""
        return ctx.once("windows", lambda: self.windows(x.shape[:-1]))


class MaxPool2d(_Pool2d):
    """The largest element of each window of each channel; among equal ones the first receives the gradient.

    After a convolution, ``models/fused.py`` computes both together. Instead of ``backward``, which runs with
    ``fuse=false``, it then calls the kernel ``max_pool_gradient`` for some channels at a time.

    Args:
        kernel_size: Rows and columns of a window, or one number for both.
        stride: Distance between windows; by default their size.
        padding: Rows and columns of minus infinity around the image, at most half a window.
        ceil_mode: Whether a last window may reach beyond the border, so that it covers every element.

    Shapes: x (C, H, W, N); y (C, H', W', N) with H' = ⌊(H + 2·padding − kernel) / stride⌋ + 1 (⌈·⌉ in ceil_mode).
    """

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        return max_pool(x, self.plan(ctx, x), ctx.buffer("y", ctx.output_shape))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        if not ctx.needs_input_gradient:
            return None
        (x,), shape = ctx.inputs, dy.shape
        mask, scratch = ctx.scratch("mask", shape, bool), ctx.scratch("windows", (2, *shape))
        return max_pool_gradient(x, ctx.output, dy, self.plan(ctx, x), ctx.input_gradient(), mask, scratch)


class AvgPool2d(_Pool2d):
    """The mean of each window of each channel.

    Args:
        kernel_size: Rows and columns of a window, or one number for both.
        stride: Distance between windows; by default their size.
        padding: Rows and columns of zeros around the image, at most half a window.
        ceil_mode: Whether a last window may reach beyond the border; what lies beyond the padding never counts.
        count_include_pad: Whether the zeros of the padding count in the mean.

    Shapes: as MaxPool2d.
    """

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        windows = self.plan(ctx, x)
        return average_pool(x, windows, self._weights(ctx, windows), ctx.buffer("y", ctx.output_shape))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        if not ctx.needs_input_gradient:
            return None
        windows = self.plan(ctx, ctx.inputs[0])
        weights = self._weights(ctx, windows)
        return average_pool_gradient(dy, windows, weights, ctx.input_gradient(), ctx.scratch("windows", dy.shape))

    def _weights(self, ctx: Context, windows: Windows) -> np.ndarray | float:
        return ctx.once("weights", lambda: windows.weights(self.count_include_pad, ctx.dtype))


class GlobalAvgPool(Layer):
    """The mean of each channel (Lin et al. 2014). Shapes: x (C, H, W, N); y (C, N)."""

    def output_shape(self, shape: Shape) -> Shape:
        return require_image(shape)[:1]

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        y = np.add.reduce(x, axis=(1, 2), out=ctx.buffer("y", (len(x), ctx.batch)))
        return np.divide(y, x.shape[1] * x.shape[2], out=y)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        if not ctx.needs_input_gradient:
            return None
        _, height, width, _ = ctx.inputs[0].shape
        return np.divide(dy[:, None, None], height * width, out=ctx.input_gradient())
