"""Cross-entropy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.ground.options import check_range
from trainer.models.context import Context
from trainer.models.errors import GraphError
from trainer.models.losses.class_weighted import ClassWeighted
from trainer.models.losses.loss import NO_LOGITS_OF_CLASSES, total, vectors
from trainer.models.shape import Shape


class CrossEntropy(ClassWeighted):
    """Softmax and cross-entropy in one stable step, from logits z (K, N), as PyTorch's ``cross_entropy``.

    ``−log pₖ = log Σⱼ exp(zⱼ − max z) − (zₖ − max z)``, ``L = Σₖ tₖ (−log pₖ)``, ``dz = p Σₖ tₖ − t``.

    Args:
        label_smoothing: Share ε of the targets that is spread evenly, ``t ← (1 − ε) t + ε / K`` (Szegedy et al. 2016).
        class_weights: w (K,), of the smoothed targets: ``t ← w t``; None: all are 1. See `ClassWeighted`.
    """

    activation, refused = "softmax", NO_LOGITS_OF_CLASSES

    def __init__(self, label_smoothing: float = 0.0, class_weights: Sequence[float] | None = None) -> None:
        super().__init__(class_weights)
        check_range("label_smoothing", label_smoothing, "[0, 1]")
        self.label_smoothing = label_smoothing

    def check(self, output: Shape, num_classes: int | None) -> None:
        if num_classes is None:
            raise GraphError("CrossEntropy needs classes, but the data has none", "choose another loss, e.g. loss=mse")
        super().check(output, num_classes)

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        ctx.inputs = outputs, targets
        p, shifted = ctx.buffer("p", outputs.shape), ctx.buffer("shifted", outputs.shape)
        row = ctx.buffer("row", outputs.shape[1:])
        np.subtract(outputs, np.maximum.reduce(outputs, axis=0, out=row), out=shifted)
        np.exp(shifted, out=p)
        np.divide(p, np.add.reduce(p, axis=0, out=row), out=p)
        np.log(row, out=row)
        if targets.ndim == 1 and self.class_weights is None:
            return total(np.subtract(row, self._picked(ctx, shifted, targets), out=row))
        t = self._smoothed(ctx, outputs, targets)
        return total(np.multiply(t, np.subtract(row, shifted, out=shifted), out=shifted))

    def backward(self, ctx: Context) -> np.ndarray:
        outputs, targets = ctx.inputs
        p, dz = ctx.buffer("p", outputs.shape), ctx.buffer("dz", outputs.shape)
        if targets.ndim == 1 and self.class_weights is None:
            # Σₖ tₖ is one, and t without its smoothing has one element per example.
            scale = 1 / ctx.step.batch
            np.multiply(p, scale, out=dz)
            if self.label_smoothing:
                dz -= scale * self.label_smoothing / len(dz)
            dz[targets, self._examples(ctx)] -= scale * (1 - self.label_smoothing)
            return dz
        t = ctx.buffer("t", outputs.shape)
        np.multiply(p, np.add.reduce(t, axis=0, out=ctx.buffer("row", outputs.shape[1:])), out=dz)
        dz -= t
        dz /= ctx.step.batch
        return dz

    def _picked(self, ctx: Context, z: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return ``Σₖ tₖ zₖ`` (N) for the smoothed one-hot vectors t of the labels."""
        picked = z[labels, self._examples(ctx)]
        if self.label_smoothing:
            picked *= 1 - self.label_smoothing
            picked += self.label_smoothing * z.mean(axis=0)
        return picked

    def _smoothed(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        t = vectors(ctx, outputs, targets)
        if self.label_smoothing:
            t *= 1 - self.label_smoothing
            t += self.label_smoothing / len(t)
        return self.weigh(ctx, t)

    def _examples(self, ctx: Context) -> np.ndarray:
        return ctx.once("examples", lambda: np.arange(ctx.batch))
