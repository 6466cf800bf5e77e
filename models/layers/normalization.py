"""Batch normalisation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trainer.ground.options import check_range
from trainer.models.context import Context
from trainer.models.errors import GraphError
from trainer.models.initializers import Ones, Zeros
from trainer.models.kernels.blocks import channel_blocks, column
from trainer.models.layer import Layer, Parameter
from trainer.models.shape import Shape, require_features


class BatchNorm(Layer):
    """``y = weight · (x − mean) / √(variance + eps) + bias`` for each channel (Ioffe and Szegedy 2015).

    After a Conv2d, ``models/fused.py`` computes both together. It then calls ``measure``, ``coefficients`` and
    ``slopes`` instead of ``forward`` and ``backward``, which run with ``fuse=false``.

    In training, mean and variance are taken over the examples, rows and columns of the whole batch, however it is split
    into shards. Otherwise they are the running ones: ``running ← (1 − momentum) · running + momentum · batch``, with
    the unbiased variance, as in PyTorch. If weight and bias are frozen, training uses the running ones too, and does
    not change them.

    Args:
        momentum: Share of the newest batch in the running statistics.
        eps: Added to the variance.

    Shapes: x and y (C, H, W, N) or (F, N); all parameters (C).
    """

    def __init__(self, momentum: float = 0.1, eps: float = 1e-5) -> None:
        check_range("momentum", momentum, "[0, 1]")
        check_range("eps", eps, "(0, inf)")
        self.momentum, self.eps = momentum, eps

    def output_shape(self, shape: Shape) -> Shape:
        return require_features(shape)

    def parameters(self, shape: Shape) -> dict[str, Parameter]:
        channels = shape[:1]
        return {
            "weight": Parameter(channels, Ones()),
            "bias": Parameter(channels, Zeros()),
            "running_mean": Parameter(channels, Zeros(), trainable=False),
            "running_var": Parameter(channels, Ones(), trainable=False),
        }

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        params, y, known = ctx.params, ctx.buffer("y", x.shape), self.statistics(ctx)

        def centre(shift: np.ndarray) -> np.ndarray:
            return np.subtract(x, column(shift, x.ndim), out=ctx.buffer("centred", x.shape))

        if self.measures(ctx):
            self.measure(ctx, x, centre)
            if ctx.writes_kept:
                self.update_running(ctx, known.mean + known.shift)
        else:
            np.copyto(known.mean, params.running_mean)
            np.copyto(known.variance, params.running_var)
        a, b = self.coefficients(ctx, params.weight)
        z = self._centred(ctx)
        for part in channel_blocks(x):
            np.multiply(z[part], column(a[part], x.ndim), out=y[part])
            np.add(y[part], column(b[part], x.ndim), out=y[part])
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """``dx = a (dy + B z + D)``, see :meth:`slopes`; ``a dy`` with running statistics, which do not depend on x."""
        z, a, sums = self._centred(ctx), self.statistics(ctx).a, ctx.buffer("sums", (2, len(dy)))
        for part in channel_blocks(dy):
            _sums(ctx, dy[part], z[part], sums[:, part])
        slopes = self.slopes(ctx, sums)
        if not ctx.needs_input_gradient:
            return None
        dx = ctx.input_gradient()
        for part in channel_blocks(dy):
            source, target = dy[part], dx[part]
            if self.measures(ctx):
                slope, offset = (column(values[part], dy.ndim) for values in slopes)
                np.add(np.multiply(z[part], slope, out=target), offset, out=target)
                source = np.add(target, source, out=target)
            np.multiply(source, column(a[part], dy.ndim), out=target)
        return dx

    def statistics(self, ctx: Context) -> Statistics:
        """Return this step's statistics of each channel, which the methods below fill in, one after another."""
        channels = ctx.output_shape[:1]
        return ctx.once("statistics", lambda: Statistics(*(ctx.buffer(name, channels) for name in Statistics._fields)))

    def measures(self, ctx: Context) -> bool:
        """Return whether this step normalises by the statistics of its batch."""
        return ctx.training and not ctx.frozen

    def measure(self, ctx: Context, z: np.ndarray, centre: Callable[[np.ndarray], np.ndarray]) -> None:
        """Measure mean and variance of each channel over the whole batch, however it is split into shards.

        E[z²] − E[z]² loses digits where the mean is larger than the deviation. Such channels are shifted towards zero
        and measured again; all later arithmetic uses the shifted ones.

        Args:
            ctx: The context of the layer.
            z: This shard's part, (C, ...).
            centre: Subtracts a shift (C) and returns the new z.

        Raises:
            GraphError: The batch is too small to have a variance.
        """
        if self._count(ctx) < 2:
            problem = f"{ctx.name}: training needs two or more values per channel, got {self._count(ctx)}"
            raise GraphError(problem, "change batch_size")
        known = self.statistics(ctx)
        self._moments(ctx, z)
        far = known.mean * known.mean > known.variance
        np.multiply(known.mean, far, out=known.shift)
        if far.any():
            self._moments(ctx, centre(known.shift))

    def update_running(self, ctx: Context, mean: np.ndarray) -> None:
        """Move the running statistics towards the measured ones; ``mean`` (C) is that of the layer's input."""
        params, count = ctx.params, self._count(ctx)
        unbiased = count / (count - 1)
        variance = self.statistics(ctx).variance
        for running, new, factor in ((params.running_mean, mean, 1.0), (params.running_var, variance, unbiased)):
            running *= 1 - self.momentum
            running += new * (self.momentum * factor)

    def coefficients(self, ctx: Context, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return a and b of ``y = a z + b``: ``a = weight / √(variance + eps)`` and ``b = bias − mean a``."""
        mean, variance, _, inverse_std, a, b = self.statistics(ctx)
        np.sqrt(np.add(variance, self.eps, out=inverse_std), out=inverse_std)
        np.reciprocal(inverse_std, out=inverse_std)
        np.multiply(weight, inverse_std, out=a)
        np.subtract(ctx.params.bias, np.multiply(mean, a, out=b), out=b)
        return a, b

    def slopes(self, ctx: Context, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return B and D of ``dz = a (dy + B z + D)``; they are there because mean and variance depend on z.

        ``B = −dweight / (M √(variance + eps))`` and ``D = −dbias / M − mean B``, where M is the number of values in a
        channel, and ``dbias = Σ dy`` and ``dweight = Σ dy (z − mean) / √(variance + eps)`` are the gradients of the
        whole batch. This shard's part of these gradients is written to ``ctx.grads``.

        Args:
            ctx: The context of the layer, after :meth:`coefficients`.
            sums: Σ dy and Σ dy z (2, C) of this shard; overwritten.
        """
        mean, _, _, inverse_std, *_ = self.statistics(ctx)
        sums[1] -= mean * sums[0]
        sums[1] *= inverse_std
        np.copyto(ctx.grads.bias, sums[0])
        np.copyto(ctx.grads.weight, sums[1])
        if self.measures(ctx):
            ctx.communicator.sum(sums)
        count = self._count(ctx)
        slope = sums[1] * inverse_std / -count
        return slope, sums[0] / -count - mean * slope

    def _moments(self, ctx: Context, z: np.ndarray) -> None:
        """Compute E[z] and E[z²] − E[z]² of each channel over the whole batch."""
        known, count, sums = self.statistics(ctx), self._count(ctx), ctx.buffer("sums", (2, len(z)))
        for part in channel_blocks(z):
            _sums(ctx, z[part], z[part], sums[:, part])
        ctx.communicator.sum(sums)
        np.divide(sums[0], count, out=known.mean)
        np.maximum(sums[1] / count - known.mean * known.mean, 0, out=known.variance)

    def _centred(self, ctx: Context) -> np.ndarray:
        """Return the input or, in training, the input as :meth:`measure` has shifted it."""
        (x,) = ctx.inputs
        shifted = self.measures(ctx) and self.statistics(ctx).shift.any()
        return ctx.buffer("centred", x.shape) if shifted else x

    def _count(self, ctx: Context) -> int:
        """Return the number of values of one channel in the whole batch."""
        return math.prod(ctx.output_shape[1:-1]) * ctx.step.batch


class Statistics(NamedTuple):
    """The statistics of each channel of z, the possibly shifted input, in one step; each has shape (C)."""

    mean: np.ndarray
    variance: np.ndarray
    shift: np.ndarray  # subtracted from the input
    inverse_std: np.ndarray
    a: np.ndarray  # y = a z + b
    b: np.ndarray


def _sums(ctx: Context, x: np.ndarray, z: np.ndarray, out: np.ndarray) -> None:
    """Write Σ x and Σ x z of each channel to ``out`` (2, C)."""
    rows, ones = x.reshape(len(x), -1), ctx.ones(x[0].size)
    np.matmul(rows, ones, out=out[0])
    np.vecdot(rows, z.reshape(rows.shape), out=out[1])
