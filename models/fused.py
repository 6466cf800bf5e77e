"""Nodes that compute a chain of layers in fewer passes over memory.

They call the layers' own arithmetic and change only its order. Each layer has its own context, as if it were a node:
``ctx.parts["norm"].params.weight`` is the weight of the BatchNorm.
"""

from __future__ import annotations

import numpy as np

from trainer.models.context import Context
from trainer.models.errors import GraphError
from trainer.models.kernels.blocks import channel_blocks, column
from trainer.models.kernels.pooling import max_pool_gradient
from trainer.models.layer import Layer
from trainer.models.layers.activation import Activation
from trainer.models.layers.convolution import Conv2d
from trainer.models.layers.linear import Linear
from trainer.models.layers.normalization import BatchNorm
from trainer.models.layers.pooling import MaxPool2d
from trainer.models.shape import Shape


class LinearBlock(Layer):
    """Linear → activation."""

    reads_any_order = True

    def __init__(self, linear: Linear, activation: Activation) -> None:
        self.linear, self.activation = linear, activation

    def output_shape(self, shape: Shape) -> Shape:
        return self.linear.output_shape(shape)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        linear, activation = ctx.parts["linear"], ctx.parts["activation"]
        linear.inputs = (x,)
        z = self.linear.forward(linear, x)
        y = z if self.activation.in_place else activation.buffer("y", z.shape)
        return _apply(self.activation, activation, z, y)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        dz = _activation_gradient(self.activation, ctx.parts["activation"], ctx.output, dy, ctx.scratch("dz", dy.shape))
        return self.linear.backward(ctx.parts["linear"], dz)


class ConvolutionBlock(Layer):
    """Conv2d → BatchNorm → + shortcut → activation → MaxPool2d; all but the convolution may be absent.

    These rules save passes and are exact:

    - BatchNorm is ``a z + b`` for each channel. If a ≥ 0, a maximum commutes with it and with a monotone activation. So
      pooling comes first, and the rest works on a quarter of the elements. Where γ < 0 the kernel's sign is flipped.
    - BatchNorm's backward is ``dz = a (da + B z + D)`` for each channel: the kernel, which is small, is scaled by a.
    - In inference, and where BatchNorm is frozen, a and b go into the kernel and its bias.

    In the code z is the convolution without its bias, and m is z after pooling. Inputs: x, and the shortcut if there is
    one. Backward follows a forward in training.
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

    def forward(self, ctx: Context, x: np.ndarray, *shortcut: np.ndarray) -> np.ndarray:
        params, scale = ctx.parts["convolution"].params, None
        if self.norm is None:
            m, shift = self._convolve(ctx, x, params.weight), params.bias if self.convolution.bias else None
        elif self.norm.measures(ctx.parts["norm"]):
            m = self._convolve(ctx, x, self._upright(ctx))
            scale, shift = self._normalise(ctx, m)
        else:
            weight, shift = self._folded(ctx)
            m = self._convolve(ctx, x, weight)
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
                _apply(self.activation, ctx.parts["activation"], source, y[part])
            elif source is not target:
                np.copyto(target, source)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | tuple[np.ndarray | None, ...] | None:
        """``da = f'(a z + b) dy``, with f the activation; for the rest see :meth:`BatchNorm.slopes`."""
        residual = len(ctx.inputs) > 1
        measured = self.norm is not None and self.norm.measures(ctx.parts["norm"])
        m, da = ctx.parts["pool" if self.pool else "convolution"].output, dy
        if self.activation is not None:
            da = ctx.input_gradient(1) if residual else ctx.scratch("da", dy.shape)
        sums = ctx.buffer("sums", (2, len(dy)))  # Σ da and Σ da m
        ones = ctx.ones(dy[0].size)
        for part in channel_blocks(dy):
            if self.activation is not None:
                _activation_gradient(self.activation, ctx.parts["activation"], ctx.output[part], dy[part], da[part])
            rows = da[part].reshape(-1, ones.size)
            np.matmul(rows, ones, out=sums[0, part])
            if measured:
                np.vecdot(rows, m[part].reshape(rows.shape), out=sums[1, part])
        dx = self._backward_normalised(ctx, da, sums) if measured else self._backward_plain(ctx, da, sums)
        return (dx, da) if residual else dx

    def _backward_plain(self, ctx: Context, da: np.ndarray, sums: np.ndarray) -> np.ndarray | None:
        """Without batch statistics; a frozen BatchNorm is folded into the kernel."""
        conv, dz = ctx.parts["convolution"], da
        weight = conv.params.weight
        if self.pool:
            dz = self._unpool(ctx, slice(None), da, ctx.scratch("dz", conv.output.shape))
        if self.norm is not None:
            weight = ctx.buffer("weight", weight.shape)
        dx = self.convolution.gradients(conv, weight, dz)
        if self.convolution.bias:
            np.copyto(conv.grads.bias, sums[0])
        if self.norm is not None:
            scale = self._running_scale(ctx)
            for gradient in vars(conv.grads).values():
                gradient *= column(scale, gradient.ndim)
        return dx

    def _backward_normalised(self, ctx: Context, da: np.ndarray, sums: np.ndarray) -> np.ndarray | None:
        conv, norm = ctx.parts["convolution"], ctx.parts["norm"]
        b, d = self.norm.slopes(norm, sums)
        scale = self.norm.statistics(norm).a
        if self.pool:  # z carries the sign of γ
            norm.grads.weight *= self._sign(ctx)
            scale = scale * self._sign(ctx)
        if self.convolution.bias:
            conv.grads.bias.fill(0)  # BatchNorm subtracts the bias
        z = conv.output
        for part in channel_blocks(z):
            block, gradient = z[part], da[part]
            if self.pool:
                gradient = self._unpool(ctx, part, da, ctx.scratch("unpooled", block.shape))
            np.multiply(block, column(b[part]), out=block)
            np.add(block, gradient, out=block)
            np.add(block, column(d[part]), out=block)
        weight = ctx.scratch("scaled weight", conv.params.weight.shape)
        np.multiply(conv.params.weight, column(scale), out=weight)
        dx = self.convolution.gradients(conv, weight, z)
        np.multiply(conv.grads.weight, column(scale), out=conv.grads.weight)
        return dx

    def _convolve(self, ctx: Context, x: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Return the convolution without bias, pooled."""
        conv = ctx.parts["convolution"]
        conv.inputs = (x,)
        conv.output = z = self.convolution.correlate(conv, x, weight)
        if self.pool is None:
            return z
        pool = ctx.parts["pool"]
        pool.inputs = (z,)
        pool.output = self.pool.forward(pool, z)
        return pool.output

    def _normalise(self, ctx: Context, m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the scale a and the shift b that normalise m by the statistics of the whole batch."""
        conv, norm = ctx.parts["convolution"], ctx.parts["norm"]
        z = conv.output

        def centre(shift: np.ndarray) -> np.ndarray:
            for array in (z, m) if self.pool else (z,):
                for part in channel_blocks(array):
                    if shift[part].any():
                        np.subtract(array[part], column(shift[part]), out=array[part])
            return z

        self.norm.measure(norm, z, centre)
        if ctx.writes_kept:
            known = self.norm.statistics(norm)
            bias = conv.params.bias if self.convolution.bias else 0
            self.norm.update_running(norm, (known.mean + known.shift) * self._sign(ctx) + bias)
        return self.norm.coefficients(norm, np.abs(norm.params.weight) if self.pool else norm.params.weight)

    def _folded(self, ctx: Context) -> tuple[np.ndarray, np.ndarray]:
        """Return kernel and bias with the running statistics folded into them."""
        conv, norm = ctx.parts["convolution"].params, ctx.parts["norm"].params
        scale = self._running_scale(ctx)
        weight = np.multiply(conv.weight, column(scale), out=ctx.buffer("weight", conv.weight.shape))
        mean = norm.running_mean - conv.bias if self.convolution.bias else norm.running_mean
        return weight, norm.bias - mean * scale

    def _running_scale(self, ctx: Context) -> np.ndarray:
        """Return the a of BatchNorm by its running variance."""
        norm = ctx.parts["norm"].params
        return norm.weight / np.sqrt(norm.running_var + self.norm.eps)

    def _upright(self, ctx: Context) -> np.ndarray:
        """Return the kernel, times the sign of γ if a maximum follows."""
        weight = ctx.parts["convolution"].params.weight
        if not self.pool:
            return weight
        return np.multiply(weight, column(self._sign(ctx)), out=ctx.buffer("weight", weight.shape))

    def _sign(self, ctx: Context) -> np.ndarray:
        gamma = ctx.parts["norm"].params.weight
        return np.copysign(1, gamma, out=ctx.buffer("sign", gamma.shape)) if self.pool else ctx.ones(len(gamma))

    def _unpool(self, ctx: Context, part: slice, da: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Return the gradient of some channels of z, given the gradient of m."""
        z, pool = ctx.parts["convolution"].output, ctx.parts["pool"]
        m = pool.output[part]
        mask, scratch = ctx.scratch("mask", m.shape, bool), ctx.scratch("windows", (2, *m.shape))
        windows = self.pool.plan(pool, z)
        return max_pool_gradient(z[part], m, da[part], windows, out, mask, scratch)


def _apply(activation: Activation, ctx: Context, x: np.ndarray, out: np.ndarray) -> np.ndarray:
    if activation.apply(x, out) is not out:
        raise _not_written(activation, ctx, "apply")
    return out


def _activation_gradient(
    activation: Activation, ctx: Context, y: np.ndarray, dy: np.ndarray, out: np.ndarray
) -> np.ndarray:
    if activation.gradient(None, y, dy, out, ctx.scratch("activation", dy.shape)) is not out:
        raise _not_written(activation, ctx, "gradient")
    return out


def _not_written(activation: Activation, ctx: Context, method: str) -> GraphError:
    problem = f"{ctx.name}: {type(activation).__name__}.{method} does not return its out"
    return GraphError(problem, "write the result into out and return out")
