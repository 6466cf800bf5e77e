"""Focal loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.ground.options import check_range
from trainer.models.errors import GraphError
from trainer.models.losses.class_weighted import ClassWeighted
from trainer.models.losses.loss import NO_LOGITS_OF_CLASSES, total, vectors
from trainer.models.shape import Shape
from trainer.models.workspace import Context


class Focal(ClassWeighted):
    """Cross-entropy in which examples that are already right weigh little (Lin et al. 2017), from logits z (K, N).

    ``L = Σₖ tₖ (1 − pₖ)^γ (−log pₖ)`` with ``p = softmax(z)``; ``dz = p Σₖ gₖ − g`` with
    ``gₖ = tₖ (1 − pₖ)^γ (1 + γ pₖ (−log pₖ) / (1 − pₖ))``. γ = 0 is the cross-entropy.

    Args:
        gamma: The exponent γ ≥ 0: how much less an example weighs that is right.
        class_weights: w (K,), of the targets: ``t ← w t``; None: all are 1. See `ClassWeighted`.
    """

    activation, refused = "softmax", NO_LOGITS_OF_CLASSES

    def __init__(self, gamma: float = 2.0, class_weights: Sequence[float] | None = None) -> None:
        super().__init__(class_weights)
        check_range("gamma", gamma, "[0, inf)")
        self.gamma = gamma

    def check(self, output: Shape, num_classes: int | None) -> None:
        if num_classes is None:
            raise GraphError("Focal needs classes, but the data has none", "choose another loss, e.g. loss=huber")
        super().check(output, num_classes)

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        ctx.inputs = (outputs,)
        surprise, missing = ctx.buffer("surprise", outputs.shape), ctx.buffer("missing", outputs.shape)
        row = ctx.buffer("row", outputs.shape[1:])
        np.subtract(outputs, np.maximum.reduce(outputs, axis=0, out=row), out=surprise)
        p = np.exp(surprise, out=ctx.buffer("p", outputs.shape))
        np.divide(p, np.add.reduce(p, axis=0, out=row), out=p)
        np.subtract(np.log(row, out=row), surprise, out=surprise)  # −log p
        np.negative(np.expm1(np.negative(surprise, out=missing), out=missing), out=missing)  # 1 − p, exact near p = 1
        weight = np.power(missing, self.gamma, out=ctx.buffer("weight", outputs.shape))
        weight *= self.weigh(ctx, vectors(ctx, outputs, targets))
        return total(np.multiply(weight, surprise, out=ctx.buffer("dz", outputs.shape)))

    def backward(self, ctx: Context) -> np.ndarray:
        shape = ctx.inputs[0].shape
        p, surprise, missing, g = (ctx.buffer(name, shape) for name in ("p", "surprise", "missing", "weight"))
        dz = ctx.buffer("dz", shape)
        dz[...] = 1  # the limit of −log p / (1 − p) at p = 1
        np.divide(surprise, missing, out=dz, where=missing > 0)
        dz *= p
        dz *= self.gamma
        dz += 1
        g *= dz
        np.multiply(p, np.add.reduce(g, axis=0, out=ctx.buffer("row", shape[1:])), out=dz)
        dz -= g
        dz *= 1 / ctx.step.batch
        return dz
