"""Absolute errors."""

from __future__ import annotations

import numpy as np

from trainer.ground.options import check_range
from trainer.models.context import Context
from trainer.models.losses.loss import Loss, total, vectors


class MeanAbsoluteError(Loss):
    """The mean of ``|zₖ − tₖ|`` over the K outputs (K, N), like PyTorch's ``l1_loss``; ``dz = sign(z − t) / K``.

    An outlier counts by its distance, not by the square of it.
    """

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        ctx.inputs = (outputs,)
        t = vectors(ctx, outputs, targets)
        error = np.subtract(outputs, t, out=ctx.buffer("error", outputs.shape))
        return total(np.abs(error, out=t)) / len(outputs)

    def backward(self, ctx: Context) -> np.ndarray:
        shape = ctx.inputs[0].shape
        dz = np.sign(ctx.buffer("error", shape), out=ctx.buffer("dz", shape))
        dz *= 1 / (shape[0] * ctx.step.batch)
        return dz


class Huber(Loss):
    """Squared error near the target, absolute error beyond `delta` (Huber 1964), as in PyTorch's ``huber_loss``.

    The mean over the K outputs (K, N). With ``e = z − t`` and ``c = clip(e, −δ, δ)`` it is
    ``L = 1/K Σₖ cₖ (eₖ − ½ cₖ)``, ``dz = c / K``.

    Args:
        delta: The error δ > 0 where the loss changes from squared to absolute, in units of the targets.
    """

    def __init__(self, delta: float = 1.0) -> None:
        check_range("delta", delta, "(0, inf)")
        self.delta = delta

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        ctx.inputs = (outputs,)
        error = vectors(ctx, outputs, targets)
        np.subtract(outputs, error, out=error)
        clipped = np.clip(error, -self.delta, self.delta, out=ctx.buffer("clipped", outputs.shape))
        error -= np.multiply(clipped, 0.5, out=ctx.buffer("dz", outputs.shape))
        return total(np.multiply(error, clipped, out=error)) / len(outputs)

    def backward(self, ctx: Context) -> np.ndarray:
        shape = ctx.inputs[0].shape
        factor = 1 / (shape[0] * ctx.step.batch)
        return np.multiply(ctx.buffer("clipped", shape), factor, out=ctx.buffer("dz", shape))
