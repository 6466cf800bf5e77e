"""Binary cross-entropy."""

from __future__ import annotations

import numpy as np

from trainer.models.losses.class_weighted import ClassWeighted
from trainer.models.losses.loss import NO_LOGITS_OF_LABELS, total, vectors
from trainer.models.workspace import Context


class BinaryCrossEntropy(ClassWeighted):
    """Sigmoid and cross-entropy in one stable step, from logits z (K, N), one for each label that may apply.

    It equals PyTorch's ``binary_cross_entropy_with_logits``.
    ``L = 1/K Σₖ (max(zₖ, 0) − zₖ tₖ + log(1 + exp(−|zₖ|)))``, ``dz = (σ(z) − t) / K``.

    With weights wₖ, like PyTorch's ``pos_weight``, an example to which label k applies counts wₖ times for that label:
    ``L`` gains ``1/K Σₖ (wₖ − 1) tₖ (−log σ(zₖ))``, ``dz`` gains ``(w − 1) t (σ(z) − 1) / K``.

    Args:
        class_weights: w (K,), each at least 0; None: all are 1.
    """

    activation, refused = "sigmoid", NO_LOGITS_OF_LABELS

    @staticmethod
    def balanced(counts: np.ndarray, examples: int) -> np.ndarray:
        """Return the weights (K,) with which the examples that have a label count as much as those that have not.

        (N − nₖ) / nₖ; 1 for a label that no example has, or all.

        Args:
            counts: (K,) examples to which each label applies.
            examples: How many there are.
        """
        weights = np.ones(len(counts))
        return np.divide(examples - counts, counts, out=weights, where=(counts > 0) & (counts < examples))

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        ctx.inputs = (outputs,)
        t = vectors(ctx, outputs, targets)
        loss, term = ctx.buffer("loss", outputs.shape), ctx.buffer("term", outputs.shape)
        np.negative(np.abs(outputs, out=loss), out=loss)
        np.log1p(np.exp(loss, out=loss), out=loss)
        extra = 0.0
        if self.class_weights is not None:
            np.maximum(np.negative(outputs, out=term), 0, out=term)
            term += loss  # −log σ(z)
            extra = total(np.multiply(term, self._more(ctx, t), out=term))
        loss += np.maximum(outputs, 0, out=term)
        loss -= np.multiply(outputs, t, out=term)
        return (total(loss) + extra) / len(outputs)

    def backward(self, ctx: Context) -> np.ndarray:
        (outputs,) = ctx.inputs
        t, dz = ctx.buffer("t", outputs.shape), ctx.buffer("dz", outputs.shape)
        np.tanh(np.multiply(outputs, 0.5, out=dz), out=dz)  # σ(z) = (1 + tanh(z / 2)) / 2
        dz += 1
        dz *= 0.5
        if self.class_weights is not None:
            less = np.subtract(dz, 1, out=ctx.buffer("term", dz.shape))
            dz += np.multiply(less, self._more(ctx, t), out=less)
        dz -= t
        dz *= 1 / (len(outputs) * ctx.step.batch)
        return dz

    def _more(self, ctx: Context, t: np.ndarray) -> np.ndarray:
        """``(w − 1) t``, in a buffer."""
        more = ctx.buffer("more", t.shape)
        np.copyto(more, t)
        self.weigh(ctx, more)
        more -= t
        return more
