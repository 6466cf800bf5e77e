"""Nodes that stand for a chain of layers and compute it in fewer passes over memory."""

from __future__ import annotations

import numpy as np

from trainer.models.kernels.blocks import channel_blocks, column
from trainer.models.kernels.pooling import Windows, max_pool, max_pool_gradient
from trainer.models.layer import Layer, Parameter
from trainer.models.layers.activation import Activation
from trainer.models.layers.convolution import Conv2d
from trainer.models.layers.linear import Linear
from trainer.models.layers.normalization import BatchNorm
from trainer.models.layers.pooling import MaxPool2d
from trainer.models.shape import Shape
from trainer.models.workspace import Context


class LinearBlock(Layer):
    """Linear → activation."""

    reads_any_order = True

    def __init__(self, linear: Linear, activation: Activation) -> None:
        self.linear, self.activation = linear, activation

    def output_shape(self, shape: Shape) -> Shape:
        return self.linear.output_shape(shape)

    def parameters(self, shape: Shape) -> dict[str, Parameter]:
        return self.linear.parameters(shape)

    def macs(self, shape: Shape) -> int:
        return self.linear.macs(shape)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        z = self.linear.forward(ctx, x)
        return self.activation.apply(z, z if self.activation.in_place else ctx.buffer("activation", z.shape))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        dz, scratch = ctx.scratch("dz", dy.shape), ctx.scratch("activation", dy.shape)
        return self.linear.backward(ctx, self.activation.gradient(None, ctx.output, dy, dz, scratch))


class ConvolutionBlock(Layer):
    """Conv2d → BatchNorm → + shortcut → activation → MaxPool2d, where all but the convolution may be absent.

    What saves passes, each exact:

    - BatchNorm is ``a z + b`` for each channel. A maximum commutes with it and with a monotone activation, if a ≥ 0: so
      pooling comes first and the rest works on a quarter of the elements. Where γ < 0 the kernel's sign is flipped.
    - BatchNorm's backward is ``dz = a (da + B z + D)`` for each channel: a goes into the kernel, which is small.
    - In inference a and b go into the kernel and its bias.

    Inputs: x, and the shortcut where there is one. Backward follows a forward in training.
    """

    inputs_required = None

    def __init__(
        self,
        convolution: Conv2d,
        norm: BatchNorm | None = None,
        activation: Activation | None = None,
        pool: MaxPool2d | None = None,
    ) -> None:
        self.convolution, self.norm, self.activation, self.pool = convolution, norm, activation, pool

    def output_shape(self, shape: Shape, *shortcut: Shape) -> Shape:
        shape = self.convolution.output_shape(shape)
        return self.pool.output_shape(shape) if self.pool else shape

    def parameters(self, shape: Shape, *shortcut: Shape) -> dict[str, Parameter]:
        """The convolution's: those of BatchNorm follow from them."""
        return self.convolution.parameters(shape)

    def macs(self, shape: Shape, *shortcut: Shape) -> int:
        return self.convolution.macs(shape)

    def forward(self, ctx: Context, x: np.ndarray, *shortcut: np.ndarray) -> np.ndarray:
        params = ctx.params
        if self.norm is None:
            weight, shift = params.weight, params.bias if self.convolution.bias else None
            m, scale = self._convolve(ctx, x, weight), None
        elif ctx.training:
            m = self._convolve(ctx, x, self._upright(ctx))
            scale, shift = self._normalise(ctx, m)
        else:
            weight, shift = self._folded(ctx)
            m, scale = self._convolve(ctx, x, weight), None
        y = ctx.buffer("y", m.shape)
        for part in channel_blocks(m):
            target = y[part]
            if self.activation is not None and not self.activation.in_place:
                target = ctx.scratch("target", target.shape)
            source = m[part]
            if scale is not None:
                source = np.multiply(source, column(scale[part]), out=target)
            if shift is not None:
                source = np.add(source, column(shift[part]), out=target)
            for branch in shortcut:
                source = np.add(source, branch[part], out=target)
            if self.activation is not None:
                self.activation.apply(source, y[part])
            elif source is not target:
                np.copyto(target, source)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | tuple[np.ndarray | None, ...] | None:
        """With f the activation, ``da = f'(a z + b) dy``, M the elements of a channel in the batch and s its deviation:

        ``dβ = Σ da``, ``dγ = Σ da (z - mean) / s``, ``dz = a (da + B z + D)`` with ``B = -dγ / (M s)`` and
        ``D = -dβ / M - mean B``.
        """
        residual = len(ctx.inputs) > 1
        z, da = ctx.buffer("z", self._shape(ctx)), dy
        m = ctx.buffer("m", dy.shape) if self.pool else z
        if self.activation is not None:
            da = ctx.input_gradient(1) if residual else ctx.scratch("da", dy.shape)
        sums = ctx.buffer("sums", (2, len(dy)))
        ones = ctx.ones(dy[0].size)
        for part in channel_blocks(dy):
            if self.activation is not None:
                scratch = ctx.scratch("activation", dy[part].shape)
                self.activation.gradient(None, ctx.output[part], dy[part], da[part], scratch)
            rows = da[part].reshape(-1, ones.size)
            np.matmul(rows, ones, out=sums[0, part])
            if self.norm is not None:
                np.vecdot(rows, m[part].reshape(rows.shape), out=sums[1, part])
        if self.norm is not None:
            dx = self._backward_normalised(ctx, z, m, da, sums)
        else:
            dx = self._backward_plain(ctx, z, m, da, sums)
        return (dx, da) if residual else dx

    def _backward_plain(
        self, ctx: Context, z: np.ndarray, m: np.ndarray, da: np.ndarray, sums: np.ndarray
    ) -> np.ndarray | None:
        if self.convolution.bias:
            np.copyto(ctx.grads.bias, sums[0])
        dz = da
        if self.pool:
            dz = ctx.scratch("dz", z.shape)
            dz.fill(0)
            self._unpool(ctx, z, m, da, dz)
        return self._backward_convolution(ctx, ctx.params.weight, dz)

    def _backward_normalised(
        self, ctx: Context, z: np.ndarray, m: np.ndarray, da: np.ndarray, sums: np.ndarray
    ) -> np.ndarray | None:
        grads, count = ctx.grads, self._count(ctx, z)
        b, d = self.norm.slopes(ctx, sums, grads.norm_weight, grads.norm_bias, count)
        scale = ctx.buffer("a", grads.norm_bias.shape)
        if self.pool:  # z carries the sign of γ
            grads.norm_weight *= self._sign(ctx)
            scale = scale * self._sign(ctx)
        if self.convolution.bias:
            grads.bias.fill(0)  # BatchNorm subtracts it again
        for part in channel_blocks(z):
            block = z[part]
            if not self.pool:
                np.multiply(block, column(b[part]), out=block)
                np.add(block, da[part], out=block)
            else:
                gradient = ctx.scratch("unpooled", block.shape)
                self._unpool(ctx, block, m[part], da[part], gradient)
                np.multiply(block, column(b[part]), out=block)
                np.add(block, gradient, out=block)
            np.add(block, column(d[part]), out=block)
        weight = ctx.scratch("scaled weight", ctx.params.weight.shape)
        np.multiply(ctx.params.weight, column(scale), out=weight)
        dx = self._backward_convolution(ctx, weight, z)
        np.multiply(grads.weight, column(scale), out=grads.weight)
        return dx

    def _backward_convolution(self, ctx: Context, weight: np.ndarray, dz: np.ndarray) -> np.ndarray | None:
        dx = ctx.input_gradient() if ctx.needs_input_gradient else None
        self.convolution.kernel(ctx, ctx.inputs[0]).backward(ctx.inputs[0], weight, dz, ctx.grads.weight, dx)
        return dx

    def _convolve(self, ctx: Context, x: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """The convolution without bias, pooled."""
        z = ctx.buffer("z", self._shape(ctx))
        self.convolution.kernel(ctx, x).forward(x, weight, z)
        if not self.pool:
            return z
        windows = self._windows(ctx)
        return max_pool(z, windows, ctx.buffer("m", (len(z), windows.rows.outputs, windows.columns.outputs, ctx.batch)))

    def _normalise(self, ctx: Context, m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The scale a and the shift b that normalise the pooled output m by the statistics of the whole batch."""
        params, z = ctx.params, ctx.buffer("z", self._shape(ctx))
        count = self._count(ctx, z)

        def centre(shift: np.ndarray) -> np.ndarray:
            for array in (z, m) if self.pool else (z,):
                for part in channel_blocks(array):
                    if shift[part].any():
                        np.subtract(array[part], column(shift[part]), out=array[part])
            return z

        mean, variance, shift = self.norm.measure(ctx, z, count, centre)
        if ctx.writes_kept:
            true_mean = (mean + shift) * self._sign(ctx) + (params.bias if self.convolution.bias else 0)
            self.norm.update_running(params.norm_running_mean, params.norm_running_var, true_mean, variance, count)
        gamma = np.abs(params.norm_weight) if self.pool else params.norm_weight
        return self.norm.coefficients(ctx, gamma, params.norm_bias, mean, variance)

    def _folded(self, ctx: Context) -> tuple[np.ndarray, np.ndarray]:
        """Kernel and bias with the running statistics in them."""
        params = ctx.params
        scale = params.norm_weight / np.sqrt(params.norm_running_var + self.norm.eps)
        weight = np.multiply(params.weight, column(scale), out=ctx.buffer("weight", params.weight.shape))
        mean = params.norm_running_mean - params.bias if self.convolution.bias else params.norm_running_mean
        return weight, params.norm_bias - mean * scale

    def _upright(self, ctx: Context) -> np.ndarray:
        """The kernel with the sign of γ, where a maximum follows."""
        weight = ctx.params.weight
        if not self.pool:
            return weight
        return np.multiply(weight, column(self._sign(ctx)), out=ctx.buffer("weight", weight.shape))

    def _sign(self, ctx: Context) -> np.ndarray:
        gamma = ctx.params.norm_weight
        return np.copysign(1, gamma, out=ctx.buffer("sign", gamma.shape)) if self.pool else ctx.ones(len(gamma))

    def _unpool(self, ctx: Context, z: np.ndarray, m: np.ndarray, da: np.ndarray, out: np.ndarray) -> None:
        mask, scratch = ctx.scratch("mask", m.shape, bool), ctx.scratch("windows", (2, *m.shape))
        max_pool_gradient(z, m, da, self._windows(ctx), out, mask, scratch)

    def _windows(self, ctx: Context) -> Windows:
        return ctx.once("windows", lambda: self.pool.windows(self._shape(ctx)[:-1]))

    def _shape(self, ctx: Context) -> Shape:
        """Of z, with the batch axis."""
        return ctx.once("shape", lambda: (*self.convolution.output_shape(ctx.inputs[0].shape[:-1]), ctx.batch))

    def _count(self, ctx: Context, z: np.ndarray) -> int:
        """Elements of one channel in the whole batch."""
        return z.shape[1] * z.shape[2] * ctx.step.batch
