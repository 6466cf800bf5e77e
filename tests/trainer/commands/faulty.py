"""Layers with a mistake each, for tests of `task=gradcheck`."""

from typing import ClassVar

import numpy as np

from trainer import models
from trainer.models.layers.activation import Activation


class InvertedReLU(models.ReLU):
    """The mask of the backward is inverted."""

    def backward(self, ctx, dy):
        return np.where(ctx.inputs[0] <= 0, dy, 0)


class InvertedGradient(models.ReLU):
    """Likewise, and fused nodes use it."""

    def gradient(self, x, y, dy, out, scratch):
        return np.multiply(np.less_equal(y, 0, out=out), dy, out=out)


class ForgetfulDropout(models.Dropout):
    """The backward forgets that the survivors were scaled."""

    def backward(self, ctx, dy):
        return super().backward(ctx, dy) * (1 - self.p)


class ConstantStatistics(models.BatchNorm):
    """The backward takes mean and variance for constants."""

    def backward(self, ctx, dy):
        super().backward(ctx, dy)
        x = ctx.inputs[0]
        axes = tuple(range(1, x.ndim))
        shape = (-1,) + (1,) * (x.ndim - 1)
        return dy * (ctx.params.weight / np.sqrt(x.var(axis=axes) + 1e-5)).reshape(shape)


class BiasOfOneExample(models.Linear):
    """The gradient of the bias is not summed over the batch."""

    def backward(self, ctx, dy):
        dx = super().backward(ctx, dy)
        ctx.grads.bias[...] = dy[:, 0]
        return dx


class NoInputGradient(models.Linear):
    """Right for its parameters, wrong for what comes before."""

    def backward(self, ctx, dy):
        return super().backward(ctx, dy) * 1.001


class NaNGradient(models.Linear):
    def backward(self, ctx, dy):
        dx = super().backward(ctx, dy)
        ctx.grads.weight[...] = np.nan
        return dx


class OfEight(models.Linear):
    """Right for batches of 8."""

    def backward(self, ctx, dy):
        dx = super().backward(ctx, dy)
        ctx.grads.bias *= 8 / ctx.batch
        return dx


class Elementwise(models.Layer):
    """What the following layers share: the identity and its backward."""

    def output_shape(self, shape):
        return shape

    def forward(self, ctx, x):
        return np.positive(x, out=ctx.buffer("y", x.shape))

    def backward(self, ctx, dy):
        dx = ctx.input_gradient()
        np.copyto(dx, dy)
        return dx


class Pad(Elementwise):
    """Layers of one size have one store: where one writes, the padding of another may lie."""

    stores: ClassVar = {}

    def output_shape(self, shape):
        channels, height, width = shape
        return channels, height + 2, width + 2

    def forward(self, ctx, x):
        shape = (*self.output_shape(x.shape[:-1]), ctx.batch)
        y = self.stores.setdefault((np.prod(shape), ctx.dtype), np.zeros(shape, ctx.dtype)).reshape(shape)
        y[:, 1:-1, 1:-1] = x
        return y.copy()

    def backward(self, ctx, dy):
        return super().backward(ctx, dy[:, 1:-1, 1:-1])


class OneGradientBuffer(models.Linear):
    """All layers of one size give their gradients in one array, which may not have been read yet."""

    buffers: ClassVar = {}

    def backward(self, ctx, dy):
        dx = super().backward(ctx, dy)
        shared = self.buffers.setdefault(dx.shape, np.empty_like(dx))
        np.copyto(shared, dx)
        return shared


class OldWeights(models.Linear):
    """The backward of a batch of `least` examples and more keeps the weights of its first step."""

    def __init__(self, out_features, least):
        super().__init__(out_features)
        self.least = least

    def backward(self, ctx, dy):
        dx = super().backward(ctx, dy)
        return ctx.once("old", ctx.params.weight.copy).T @ dy if ctx.batch >= self.least else dx


class OldMask(Elementwise):
    """Dropout with one mask for a batch size, whatever the step."""

    def forward(self, ctx, x):
        return x * ctx.once("mask", lambda: ctx.generator.random(x.shape) > 0.5)

    def backward(self, ctx, dy):
        return dy * ctx.once("mask", lambda: None)


class Half(Elementwise):
    """Half of its output is never written and was zero by luck."""

    def forward(self, ctx, x):
        y = ctx.buffer("y", x.shape)
        y[::2] = x[::2]
        return y

    def backward(self, ctx, dy):
        dx = super().backward(ctx, dy)
        dx[1::2] = 0
        return dx


class Centre(Elementwise):
    """The mean over the whole batch: right but for shards, which divide by their own examples."""

    def forward(self, ctx, x):
        return x - self._mean(ctx, x)

    def backward(self, ctx, dy):
        return dy - self._mean(ctx, dy)

    def _mean(self, ctx, x):
        return ctx.communicator.sum(x.sum(axis=-1, keepdims=True)) / ctx.batch


class Cube(Activation):
    """Right by itself, but not in place, as fused nodes call it."""

    in_place = monotone = True

    def apply(self, x, out):
        return np.multiply(np.multiply(x, x, out=out), x, out=out)

    def gradient(self, x, y, dy, out, scratch):
        return np.multiply(3 * np.cbrt(y) ** 2, dy, out=out)


class Falling(Cube):
    """Not monotone as it says: a maximum that is taken before it is another than one after it."""

    in_place = False

    def apply(self, x, out):
        return np.negative(x, out=out)

    def gradient(self, x, y, dy, out, scratch):
        return np.negative(dy, out=out)


class Nothing(Elementwise):
    def backward(self, ctx, dy):
        """Returns nothing."""
        super().backward(ctx, dy)


class OneRow(Elementwise):
    def backward(self, ctx, dy):
        return super().backward(ctx, dy)[:1]


class Single(Elementwise):
    def backward(self, ctx, dy):
        return super().backward(ctx, dy).astype(np.float32)


class Double(Elementwise):
    """Of another precision than float32 networks."""

    def backward(self, ctx, dy):
        return super().backward(ctx, dy).astype(np.float64)


class Twice(Elementwise):
    def backward(self, ctx, dy):
        dx = super().backward(ctx, dy)
        return dx, dx
