"""Batch normalisation."""

from __future__ import annotations

import math

import numpy as np

from models.errors import GraphError
from models.initializers import Ones, Zeros
from models.layer import Layer, Parameter, Shape, format_shape
from models.workspace import Context

BLOCK = 1 << 20  # bytes of channels that several passes visit in a row, while they are in the cache


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
        rows = x.reshape(len(x), -1)
        if ctx.training:
            self._measure(ctx, rows)
        else:
            self._recall(ctx, rows)
        centred, scale, y = ctx.buffer("centred", rows.shape), ctx.buffer("scale", (len(x),)), ctx.buffer("y", x.shape)
        np.multiply(ctx.params.weight, ctx.buffer("inverse_std", (len(x),)), out=scale)
        for part in _blocks(ctx, rows):
            out = y[part].reshape(-1, rows.shape[1])
            np.multiply(centred[part], scale[part, None], out=out)
            np.add(out, ctx.params.bias[part, None], out=out)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """With x̂ the normalised input and ⟨·⟩ the mean over the batch, for each channel:

        dweight = Σ dy·x̂, dbias = Σ dy, dx = weight / √(variance + eps) · (dy − ⟨dy⟩ − x̂ ⟨dy·x̂⟩); with running
        statistics, which do not depend on x, dx = weight / √(variance + eps) · dy.
        """
        channels, rows = dy.shape[:1], dy.reshape(len(dy), -1)
        centred, inverse_std = ctx.buffer("centred", rows.shape), ctx.buffer("inverse_std", channels)
        sums = ctx.buffer("sums", (2, *channels))
        for part in _blocks(ctx, rows):
            np.matmul(rows[part], ctx.ones(rows.shape[1]), out=sums[0, part])
            np.vecdot(rows[part], centred[part], out=sums[1, part])
        np.multiply(sums[1], inverse_std, out=sums[1])
        np.copyto(ctx.grads.bias, sums[0])  # this shard's part: gradients are added up over the shards
        np.copyto(ctx.grads.weight, sums[1])
        if not ctx.needs_input_gradient:
            return None
        dx, scale = ctx.input_gradient(), ctx.buffer("scale", channels)
        if ctx.training:
            means = ctx.communicator.sum(f"{ctx.name}.gradient", sums)
            np.divide(means, self._count(ctx, rows), out=means)
            slope = np.multiply(means[1], inverse_std, out=means[1])
        for part in _blocks(ctx, rows):
            out = dx[part].reshape(-1, rows.shape[1])
            if not ctx.training:
                np.multiply(rows[part], scale[part, None], out=out)
                continue
            np.multiply(centred[part], slope[part, None], out=out)
            np.subtract(rows[part], out, out=out)
            np.subtract(out, means[0, part, None], out=out)
            np.multiply(out, scale[part, None], out=out)
        return dx

    def _measure(self, ctx: Context, rows: np.ndarray) -> None:
        """Statistics of the whole batch, in two passes: the second sums squares of differences from the mean.

        (E[x²] − E[x]² would lose all digits where the mean is large.)
        """
        channels, count, together = rows.shape[:1], self._count(ctx, rows), ctx.communicator
        self.require_values(ctx.name, count)
        mean, variance = ctx.buffer("mean", channels), ctx.buffer("variance", channels)
        np.matmul(rows, ctx.ones(rows.shape[1]), out=mean)
        np.divide(together.sum(f"{ctx.name}.mean", mean), count, out=mean)
        centred = ctx.buffer("centred", rows.shape)
        for part in _blocks(ctx, rows):
            np.subtract(rows[part], mean[part, None], out=centred[part])
            np.vecdot(centred[part], centred[part], out=variance[part])
        np.divide(together.sum(f"{ctx.name}.variance", variance), count, out=variance)
        self._invert(ctx, variance)
        if together.rank == 0:  # the running statistics are one for all shards
            self.update_running(ctx.params.running_mean, ctx.params.running_var, mean, variance, count)

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

    def _recall(self, ctx: Context, rows: np.ndarray) -> None:
        """The running statistics instead."""
        self._invert(ctx, ctx.params.running_var)
        np.subtract(rows, ctx.params.running_mean[:, None], out=ctx.buffer("centred", rows.shape))

    def _invert(self, ctx: Context, variance: np.ndarray) -> None:
        inverse_std = ctx.buffer("inverse_std", variance.shape)
        np.sqrt(np.add(variance, self.eps, out=inverse_std), out=inverse_std)
        np.reciprocal(inverse_std, out=inverse_std)

    def _count(self, ctx: Context, rows: np.ndarray) -> int:
        """Values of one channel in the whole batch."""
        return rows.shape[1] // ctx.batch * ctx.step.batch


def _blocks(ctx: Context, rows: np.ndarray) -> list[slice]:
    """Runs of channels of about BLOCK bytes."""

    def make() -> list[slice]:
        size = max(1, BLOCK // (math.prod(rows.shape[1:]) * rows.itemsize))
        return [slice(start, min(start + size, len(rows))) for start in range(0, len(rows), size)]

    return ctx.once("blocks", make)
