"""Binary cross-entropy."""

from __future__ import annotations

import numpy as np

from trainer.models.layer import Shape
from trainer.models.losses.loss import NO_LOGITS_OF_LABELS, Loss, check_vector, total, vectors
from trainer.models.workspace import Context


class BinaryCrossEntropy(Loss):
    """Sigmoid and cross-entropy in one stable step, from logits z (K, N), one for each label that may apply.

    It equals PyTorch's ``binary_cross_entropy_with_logits``.
    ``L = 1/K Σₖ (max(zₖ, 0) − zₖ tₖ + log(1 + exp(−|zₖ|)))``, ``dz = (σ(z) − t) / K``.
    """

    activation, refused = "sigmoid", NO_LOGITS_OF_LABELS

    def check(self, output: Shape, num_classes: int | None) -> None:
        check_vector(output, num_classes)

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        ctx.inputs = (outputs,)
        t = vectors(ctx, outputs, targets)
        loss, term = ctx.buffer("loss", outputs.shape), ctx.buffer("term", outputs.shape)
        np.negative(np.abs(outputs, out=loss), out=loss)
        np.log1p(np.exp(loss, out=loss), out=loss)
        loss += np.maximum(outputs, 0, out=term)
        loss -= np.multiply(outputs, t, out=term)
        return total(loss) / len(outputs)

    def backward(self, ctx: Context) -> np.ndarray:
        (outputs,) = ctx.inputs
        t, dz = ctx.buffer("t", outputs.shape), ctx.buffer("dz", outputs.shape)
        np.tanh(np.multiply(outputs, 0.5, out=dz), out=dz)  # σ(z) = (1 + tanh(z / 2)) / 2
        dz += 1
        dz *= 0.5
        dz -= t
        dz *= 1 / (len(outputs) * ctx.step.batch)
        return dz
