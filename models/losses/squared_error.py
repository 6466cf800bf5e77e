"""Squared errors."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from trainer.models.context import Context
from trainer.models.losses.loss import Loss, total, vectors


class _SquaredError(Loss):
    """``L = w Σₖ (zₖ − tₖ)²``, ``dz = 2 w (z − t)``."""

    @abstractmethod
    def weight(self, outputs: int) -> float:
        """Return the factor w, given the number K of outputs."""

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        ctx.inputs = (outputs,)
        t = vectors(ctx, outputs, targets)
        error = np.subtract(outputs, t, out=ctx.buffer("error", outputs.shape))
        return self.weight(len(outputs)) * total(np.square(error, out=t))

    def backward(self, ctx: Context) -> np.ndarray:
        shape = ctx.inputs[0].shape
        factor = 2 * self.weight(shape[0]) / ctx.step.batch
        return np.multiply(ctx.buffer("error", shape), factor, out=ctx.buffer("dz", shape))


class MeanSquaredError(_SquaredError):
    """The mean of ``(zₖ − tₖ)²`` over the K outputs (K, N), like PyTorch's ``mse_loss``."""

    def weight(self, outputs: int) -> float:
        return 1 / outputs


class HalfSquaredError(_SquaredError):
    """The textbooks' ``½ Σₖ (zₖ − tₖ)²`` of the outputs (K, N), whose gradient is simply ``z − t``."""

    def weight(self, outputs: int) -> float:
        return 0.5
