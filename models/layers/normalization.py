"""Batch normalisation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from trainer.models.errors import GraphError
from trainer.models.initializers import Ones, Zeros
from trainer.models.kernels.blocks import channel_blocks, column
from trainer.models.layer import Layer, Parameter
from trainer.models.shape import Shape, format_shape
from trainer.models.workspace import Context


class BatchNorm(Layer):
    """``y = weight · (x − mean) / √(variance + eps) + bias`` for each channel (Ioffe and Szegedy 2015).

    In training mean and variance are those of the whole batch, over examples, rows and columns, whatever shards it is
    split into; else they are the running ones: ``running ← (1 − momentum) · running + momentum · batch``, where the
    variance is the unbiased one, as in PyTorch.

    Args:
        momentum: Share of the newest batch in the running statistics.
        eps: Added to the variance.

    Shapes: x and y (C, H, W, N) or (F, N); all parameters (C).
    """

    def __init__(self, momentum: float = 0.1, eps: float = 1e-5) -> None:
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must lie in [0, 1], got {momentum}")
        if not eps > 0:
            raise ValueError(f"eps must be positive, got {eps}")
        self.momentum, self.eps = momentum, eps

    def output_shape(self, shape: Shape) -> Shape:
        if not shape:
            raise GraphError(
                f"needs features as its input, got a {format_shape(shape)}", "give it a vector or an image"
            )
        return shape

    def parameters(self, shape: Shape) -> dict[str, Parameter]:
        channels = shape[:1]
        return {
            "weight": Parameter(channels, Ones()),
            "bias": Parameter(channels, Zeros()),
            "running_mean": Parameter(channels, Zeros(), trainable=False),
            "running_var": Parameter(channels, Ones(), trainable=False),
        }

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        params, y = ctx.params, ctx.buffer("y", x.shape)
        if ctx.training:
            count = self._count(ctx, x)
            mean, variance, shift = self.measure(ctx, x, count, lambda shift: self._centre(ctx, x, shift))
            if ctx.writes_kept:
                self.update_running(params.running_mean, params.running_var, mean + shift, variance, count)
        else:
            mean, variance = ctx.buffer("mean", params.running_mean.shape), params.running_var
            np.copyto(mean, params.running_mean)
        a, b = self.coefficients(ctx, params.weight, params.bias, mean, variance)
        z = self._centred(ctx)
        for part in channel_blocks(x):
            np.multiply(z[part], column(a[part], x.ndim), out=y[part])
            np.add(y[part], column(b[part], x.ndim), out=y[part])
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """``dx = a (dy + B z + D)``, see :meth:`slopes`; with running statistics, which do not depend on x, a dy."""
        z, sums = self._centred(ctx), ctx.buffer("sums", (2, len(dy)))
        for part in channel_blocks(dy):
            _sums(ctx, dy[part], z[part], sums[:, part])
        slopes = self.slopes(ctx, sums, ctx.grads.weight, ctx.grads.bias, self._count(ctx, dy))
        if not ctx.needs_input_gradient:
            return None
        dx, a = ctx.input_gradient(), ctx.buffer("a", dy.shape[:1])
        for part in channel_blocks(dy):
            source, target = dy[part], dx[part]
            if ctx.training:
                slope, offset = (column(values[part], dy.ndim) for values in slopes)
                np.add(np.multiply(z[part], slope, out=target), offset, out=target)
                source = np.add(target, source, out=target)
            np.multiply(source, column(a[part], dy.ndim), out=target)
        return dx

    def measure(
        self, ctx: Context, z: np.ndarray, count: int, centre: Callable[[np.ndarray], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean and variance of each channel over the whole batch, whatever shards it is split into.

        E[z²] − E[z]² loses digits where the mean is larger than the deviation. Such channels are shifted to the
        neighbourhood of zero and measured again; whoever goes on computes with the shifted ones.

        Args:
            ctx: Of the node.
            z: (C, ...), this shard's.
            count: Values of a channel in the whole batch.
            centre: Gives z with a shift (C) subtracted.

        Returns:
            Mean (after the shift), variance, and the shift, each (C).
        """
        self.require_values(ctx.name, count)
        mean, variance, shift = (ctx.buffer(name, z.shape[:1]) for name in ("mean", "variance", "shift"))
        self._moments(ctx, z, count, mean, variance)
        far = mean * mean > variance
        np.multiply(mean, far, out=shift)
        if far.any():
            self._moments(ctx, centre(shift), count, mean, variance)
        return mean, variance, shift

    def coefficients(
        self, ctx: Context, weight: np.ndarray, bias: np.ndarray, mean: np.ndarray, variance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """``y = a z + b``: ``a = weight / √(variance + eps)`` and ``b = bias − mean a``."""
        inverse_std, a, b = (ctx.buffer(name, mean.shape) for name in ("inverse_std", "a", "b"))
        np.sqrt(np.add(variance, self.eps, out=inverse_std), out=inverse_std)
        np.reciprocal(inverse_std, out=inverse_std)
        np.multiply(weight, inverse_std, out=a)
        np.subtract(bias, np.multiply(mean, a, out=b), out=b)
        return a, b

    def slopes(
        self, ctx: Context, sums: np.ndarray, dweight: np.ndarray, dbias: np.ndarray, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """B and D of ``dz = a (dy + B z + D)``: mean and variance depend on z, too.

        ``B = −dweight / (M √(variance + eps))`` and ``D = −dbias / M − mean B``, M the count, with the gradients
        ``dbias = Σ dy`` and ``dweight = Σ dy (z − mean) / √(variance + eps)`` of the whole batch.

        Args:
            ctx: Of the node, after :meth:`coefficients`.
            sums: Σ dy and Σ dy z (2, C) of this shard; overwritten.
            dweight, dbias: Receive this shard's part of the gradients.
            count: Values of a channel in the whole batch.
        """
        mean, inverse_std = (ctx.buffer(name, dbias.shape) for name in ("mean", "inverse_std"))
        sums[1] -= mean * sums[0]
        sums[1] *= inverse_std
        np.copyto(dbias, sums[0])
        np.copyto(dweight, sums[1])
        if ctx.training:
            ctx.communicator.sum(sums)
        slope = sums[1] * inverse_std / -count
        return slope, sums[0] / -count - mean * slope

    def update_running(
        self, running_mean: np.ndarray, running_var: np.ndarray, mean: np.ndarray, variance: np.ndarray, count: int
    ) -> None:
        """Move the running statistics (C) towards those of a batch of ``count`` values a channel."""
        for running, new, unbiased in ((running_mean, mean, 1.0), (running_var, variance, count / (count - 1))):
            running *= 1 - self.momentum
            running += new * (self.momentum * unbiased)

    def require_values(self, name: str, count: int) -> None:
        """Refuse a batch too small to have a variance."""
        if count < 2:
            raise GraphError(f"{name}: training needs two or more values a channel, got {count}", "change batch_size")

    def _moments(self, ctx: Context, z: np.ndarray, count: int, mean: np.ndarray, variance: np.ndarray) -> None:
        """E[z] and E[z²] − E[z]² of each channel over the whole batch."""
        sums = ctx.buffer("sums", (2, len(z)))
        for part in channel_blocks(z):
            _sums(ctx, z[part], z[part], sums[:, part])
        ctx.communicator.sum(sums)
        np.divide(sums[0], count, out=mean)
        np.maximum(sums[1] / count - mean * mean, 0, out=variance)

    def _centre(self, ctx: Context, x: np.ndarray, shift: np.ndarray) -> np.ndarray:
        return np.subtract(x, column(shift, x.ndim), out=ctx.buffer("centred", x.shape))

    def _centred(self, ctx: Context) -> np.ndarray:
        """The input, or in training, where :meth:`measure` shifted it, what it was shifted to."""
        (x,) = ctx.inputs
        shifted = ctx.training and ctx.buffer("shift", x.shape[:1]).any()
        return ctx.buffer("centred", x.shape) if shifted else x

    def _count(self, ctx: Context, x: np.ndarray) -> int:
        """Values of one channel in the whole batch."""
        return math.prod(x.shape[1:-1]) * ctx.step.batch


def _sums(ctx: Context, x: np.ndarray, z: np.ndarray, out: np.ndarray) -> None:
    """Σ x and Σ x z of each channel, in ``out`` (2, C)."""
    rows, ones = x.reshape(len(x), -1), ctx.ones(x[0].size)
    np.matmul(rows, ones, out=out[0])
    np.vecdot(rows, z.reshape(rows.shape), out=out[1])
