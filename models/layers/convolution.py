"""Two-dimensional convolution."""

from __future__ import annotations

import numpy as np

from trainer.ground.options import check_range
from trainer.models.context import Context
from trainer.models.errors import GraphError
from trainer.models.initializers import HeUniform, Initializer, Zeros
from trainer.models.kernels.blocks import column
from trainer.models.kernels.convolution import Convolution, convolution
from trainer.models.kernels.geometry import Geometry, Pair, Window, pair
from trainer.models.layer import Layer, Parameter
from trainer.models.shape import Shape, format_shape, require_image


class Conv2d(Layer):
    """Cross-correlation of each example with ``out_channels`` kernels (the textbooks' Convolution).

    Before BatchNorm, an addition, an activation or max-pooling, ``models/fused.py`` computes them all together. It then
    calls ``correlate`` and ``gradients`` instead of ``forward`` and ``backward``, which run with ``fuse=false``.

    ``y[o, h, w] = b[o] + Σ_{c,i,j} W[o, c, i, j] · x[c, h·s + i·d - p, w·s + j·d - p]``, s the stride, d the dilation,
    p the padding; x is zero outside.

    Args:
        out_channels: Number of kernels.
        kernel_size, stride, padding, dilation: One integer, or two: along height and width.
        bias: Whether there is a b (useless before BatchNorm, which subtracts it again).
        initializer: Initial W, by default the network's, else He-uniform.

    Shapes: x (C, H, W, N); W (O, C, kh, kw); b (O); y (O, OH, OW, N), ``OH = ⌊(H + 2p - d (kh - 1) - 1) / s⌋ + 1``.
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
        check_range("out_channels", out_channels, "[1, inf)")
        self.out_channels, self.bias, self.initializer = out_channels, bias, initializer
        self.kernel_size = pair("kernel_size", kernel_size)
        self.stride = pair("stride", stride)
        self.padding = pair("padding", padding, least=0)
        self.dilation = pair("dilation", dilation)

    def windows(self, height: int, width: int) -> tuple[Window, Window]:
        """Return the sliding window along the height and along the width of an input."""
        options = zip(self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        rows, columns = (Window(size, *each) for size, each in zip((height, width), options, strict=True))
        return rows, columns

    def output_shape(self, shape: Shape) -> Shape:
        rows, cols = self.windows(*require_image(shape)[1:])
        if rows.outputs < 1 or cols.outputs < 1:
            kernel = format_shape(self.kernel_size) + " dilated" * (self.dilation != (1, 1))
            raise GraphError(
                f"kernel {kernel} does not fit its input {format_shape(shape)}", "reduce kernel_size or add padding"
            )
        return (self.out_channels, rows.outputs, cols.outputs)

    def parameters(self, shape: Shape) -> dict[str, Parameter]:
        weight = Parameter((self.out_channels, shape[0], *self.kernel_size), self.initializer or HeUniform())
        bias = {"bias": Parameter((self.out_channels,), Zeros())} if self.bias else {}
        return {"weight": weight, **bias}

    def macs(self, shape: Shape) -> int:
        return self._geometry(shape).macs

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        y = self.correlate(ctx, x, ctx.params.weight)
        return np.add(y, ctx.once("b", lambda: column(ctx.params.bias)), out=y) if self.bias else y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """db = Σ dy; for dW and dx see :meth:`gradients`."""
        if self.bias:
            np.matmul(dy.reshape(self.out_channels, -1), ctx.ones(dy[0].size), out=ctx.grads.bias)
        return self.gradients(ctx, ctx.params.weight, dy)

    def correlate(self, ctx: Context, x: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Return ``W ∗ x``, which is y without b; ``weight`` is W, perhaps changed by a fused node."""
        y = ctx.buffer("y", ctx.output_shape)
        self._kernel(ctx, x).forward(x, weight, y)
        return y

    def gradients(self, ctx: Context, weight: np.ndarray, dz: np.ndarray) -> np.ndarray | None:
        """Return the gradient of x, given dz, that of ``W ∗ x``, and write the gradient of W to ``ctx.grads.weight``.

        Both are correlations of dz, see :mod:`models.kernels`. ``weight`` is the W that carries dz back to x.
        """
        (x,) = ctx.inputs
        dx = ctx.input_gradient() if ctx.needs_input_gradient else None
        self._kernel(ctx, x).backward(x, weight, dz, ctx.grads.weight, dx)
        return dx

    def _kernel(self, ctx: Context, x: np.ndarray) -> Convolution:
        """Return the fastest kernel for this shape, planned once."""
        return ctx.once(
            "kernel", lambda: convolution(self._geometry(x.shape), ctx.batch, ctx, ctx.needs_input_gradient)
        )

    def _geometry(self, shape: Shape) -> Geometry:
        return Geometry(shape[0], self.out_channels, *self.windows(*shape[1:3]))
