"""Cross-entropy."""

from __future__ import annotations

import numpy as np

from models.errors import GraphError
from models.layer import Shape
from models.losses.loss import Loss, check_vector, silent, total, vectors
from models.workspace import Context


class CrossEntropy(Loss):
    """Softmax and cross-entropy in one stable step, from logits z (K, N), as PyTorch's ``cross_entropy``.

    ``−log pₖ = log Σⱼ exp(zⱼ − max z) − (zₖ − max z)``, ``L = Σₖ tₖ (−log pₖ)``, ``dz = p Σₖ tₖ − t``.

    Args:
        label_smoothing: Share ε of the targets that is spread evenly, ``t ← (1 − ε) t + ε / K`` (Szegedy et al. 2016).
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing must lie in [0, 1], got {label_smoothing}")
        self.label_smoothing = label_smoothing

    def check(self, output: Shape, num_classes: int | None) -> None:
        if num_classes is None:
            raise GraphError("CrossEntropy needs classes, but the data has none", "choose another loss, e.g. loss=mse")
        check_vector(output, num_classes)

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        ctx.inputs = (outputs,)
        t = vectors(ctx, outputs, targets)
        if self.label_smoothing:
            t *= 1 - self.label_smoothing
            t += self.label_smoothing / len(t)
        p, nll = ctx.buffer("p", outputs.shape), ctx.buffer("nll", outputs.shape)
        row = ctx.buffer("row", outputs.shape[1:])
        with silent():
            np.subtract(outputs, np.maximum.reduce(outputs, axis=0, out=row), out=nll)
            np.exp(nll, out=p)
            np.divide(p, np.add.reduce(p, axis=0, out=row), out=p)
            np.subtract(np.log(row, out=row), nll, out=nll)
            return total(np.multiply(t, nll, out=nll))

    def backward(self, ctx: Context) -> np.ndarray:
        shape = ctx.inputs[0].shape
        t, p, dz = (ctx.buffer(name, shape) for name in ("t", "p", "dz"))
        with silent():
            np.multiply(p, np.add.reduce(t, axis=0, out=ctx.buffer("row", shape[1:])), out=dz)
            dz -= t
            dz /= ctx.step.batch
        return dz
