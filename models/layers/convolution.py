"""Two-dimensional convolution."""

from __future__ import annotations

import numpy as np

from models.errors import GraphError
from models.initializers import HeUniform, Initializer, Zeros
from models.kernels.convolution import Columns, correlate, correlate_gradient, scatter_columns
from models.kernels.geometry import Pair, Window, pair
from models.layer import Layer, Parameter, Shape, format_shape, require_image
from models.workspace import Context

# A correlation of dz with the flipped kernel computes every input pixel from all taps; where the kernel shrinks the image
# by more than this, most taps would meet padding, and scattering is cheaper.
MOST_SHRINKAGE = 1.5


class Conv2d(Layer):
    """Cross-correlation of each example with ``out_channels`` kernels (the textbooks' Convolution).

    ``y[o, h, w] = b[o] + Σ_{c,i,j} W[o, c, i, j] · x[c, h·stride + i·dilation - padding, w·stride + j·dilation - padding]``

    Args:
        out_channels: Number of kernels.
        kernel_size, stride, padding, dilation: One integer, or two: along height and width.
        bias: Whether b is learned or absent (useless before BatchNorm, which subtracts it again).
        initializer: Initial W, by default the network's, else He-uniform.

    Shapes: x (C, H, W, N); W (O, C, kh, kw); b (O); y (O, OH, OW, N), OH = ⌊(H + 2·padding - dilation·(kh-1) - 1) / stride⌋ + 1.
    """

    def __init__(
        self,
        out_channels: int,
        kernel_size: int | Pair,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        dilation: int | Pair = 1,
        bias: bool = True,
        initializer: Initializer | None = None,
    ) -> None:
        if out_channels < 1:
            raise ValueError(f"out_channels must be at least 1, got {out_channels}")
        self.out_channels, self.bias, self.initializer = out_channels, bias, initializer
        self.kernel_size = pair("kernel_size", kernel_size)
        self.stride = pair("stride", stride)
        self.padding = pair("padding", padding, least=0)
        self.dilation = pair("dilation", dilation)

    def windows(self, height: int, width: int) -> tuple[Window, Window]:
        """The sliding window along the height and along the width of an input."""
        return tuple(
            Window(size, *options)
            for size, *options in zip((height, width), self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        )

    def output_shape(self, shape: Shape) -> Shape:
        rows, cols = self.windows(*require_image(shape)[1:])
        if rows.outputs < 1 or cols.outputs < 1:
            kernel = format_shape(self.kernel_size) + " dilated" * (self.dilation != (1, 1))
            raise GraphError(f"kernel {kernel} does not fit its input {format_shape(shape)}", "reduce kernel_size or add padding")
        return (self.out_channels, rows.outputs, cols.outputs)

    def parameters(self, shape: Shape) -> dict[str, Parameter]:
        weight = Parameter((self.out_channels, shape[0], *self.kernel_size), self.initializer or HeUniform())
        bias = {"bias": Parameter((self.out_channels,), Zeros())} if self.bias else {}
        return {"weight": weight, **bias}

    def macs(self, shape: Shape) -> int:
        _, height, width = self.output_shape(shape)
        kernel_height, kernel_width = self.kernel_size
        return kernel_width * kernel_height * shape[0] * self.out_channels * width * height

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        y = ctx.buffer("y", (*self.output_shape(x.shape[:-1]), ctx.batch))
        weight = ctx.params.weight
        matrix = ctx.buffer("weight matrix", (len(weight), weight[0].size))
        np.copyto(matrix.reshape(weight.transpose(0, 2, 1, 3).shape), weight.transpose(0, 2, 1, 3))
        correlate(matrix, self._columns(ctx, x).gather(x), y)
        if self.bias:
            np.add(y, ctx.params.bias[:, None, None, None], out=y)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        x = ctx.inputs[0]
        if self.bias:
            np.matmul(dy.reshape(self.out_channels, -1), ctx.ones(dy[0].size), out=ctx.grads.bias)
        if not ctx.needs_input_gradient:
            self._weight_gradient(ctx, self._columns(ctx, x).gather(x), dy)
            return None
        if self._same_size(x):
            return self._backward_by_correlation(ctx, x, dy)
        return self._backward_by_scatter(ctx, x, dy)

    def _backward_by_scatter(self, ctx: Context, x: np.ndarray, dy: np.ndarray) -> np.ndarray:
        """dW = Σ dy columns(x)ᵀ and dx = scatter(Wᵀ dy)."""
        columns = self._columns(ctx, x).gather(x)
        self._weight_gradient(ctx, columns, dy)
        rows, cols = self.windows(*x.shape[1:3])
        dcolumns = ctx.scratch("dcolumns", columns.shape)
        matrix = ctx.buffer("weight matrix", (self.out_channels, columns.shape[1]))
        np.matmul(matrix.T, dy.reshape(self.out_channels, rows.outputs, -1).transpose(1, 0, 2), out=dcolumns)
        lines = ((rows.outputs - 1) * rows.stride + rows.reach, len(x), cols.kernel, cols.outputs, ctx.batch)
        dx = ctx.input_gradient()
        scatter_columns(dcolumns, rows, cols, ctx.scratch("lines", lines), dx)
        return dx

    def _backward_by_correlation(self, ctx: Context, x: np.ndarray, dy: np.ndarray) -> np.ndarray:
        """Both gradients from one set of columns, those of dy: dx correlates it with the flipped kernel, dW with x."""
        weight = ctx.params.weight
        rows, cols = self.windows(*x.shape[1:3])
        columns = ctx.once(
            "dy columns",
            lambda: Columns(len(dy), rows.transposed, cols.transposed, ctx.batch, lambda s: ctx.zeros("dy columns", s)),
        ).gather(dy)
        flipped = weight[:, :, ::-1, ::-1].transpose(1, 2, 0, 3)  # (C, kh, O, kw)
        matrix = ctx.scratch("flipped weight", (len(x), columns.shape[1]))
        np.copyto(matrix.reshape(flipped.shape), flipped)
        dx = ctx.input_gradient()
        correlate(matrix, columns, dx)
        transposed = ctx.scratch("weight gradient", (columns.shape[1], len(x)))
        correlate_gradient(columns, x, ctx.scratch("partial", (len(columns), *transposed.shape)), transposed)
        parts = transposed.reshape(*flipped.shape[1:], len(x))  # (kh, O, kw, C)
        np.copyto(ctx.grads.weight, parts[::-1, :, ::-1].transpose(1, 3, 0, 2))
        return dx

    def _weight_gradient(self, ctx: Context, columns: np.ndarray, dy: np.ndarray) -> None:
        channels, (kernel_height, kernel_width) = ctx.params.weight.shape[1], self.kernel_size
        transposed = ctx.scratch("weight gradient", (columns.shape[1], self.out_channels))
        correlate_gradient(columns, dy, ctx.scratch("partial", (len(columns), *transposed.shape)), transposed)
        parts = transposed.reshape(kernel_height, channels, kernel_width, self.out_channels)
        np.copyto(ctx.grads.weight, parts.transpose(3, 1, 0, 2))

    def _columns(self, ctx: Context, x: np.ndarray) -> Columns:
        rows, cols = self.windows(*x.shape[1:3])
        return ctx.once(
            "columns", lambda: Columns(len(x), rows, cols, ctx.batch, lambda shape: ctx.zeros("columns", shape))
        )

    def _same_size(self, x: np.ndarray) -> bool:
        """Whether the gradient of the input is best had by correlation."""
        rows, cols = self.windows(*x.shape[1:3])
        if self.stride != (1, 1) or rows.transposed.padding < 0 or cols.transposed.padding < 0:
            return False
        return rows.size * cols.size <= MOST_SHRINKAGE * rows.outputs * cols.outputs
