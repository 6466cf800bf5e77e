"""Losses in which some classes count more than others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.models.context import Context
from trainer.models.errors import GraphError
from trainer.models.losses.loss import Loss
from trainer.models.shape import Shape


class ClassWeighted(Loss):
    """A loss whose targets t (K, N) may be weighted: ``tₖ ← wₖ tₖ``, so that an example of class k counts wₖ times.

    The mean still divides by the number of examples, as in Keras.

    Args:
        class_weights: The weights w (K,), each at least 0; None: all are 1.
    """

    def __init__(self, class_weights: Sequence[float] | None = None) -> None:
        if class_weights is not None and not all(0 <= weight < np.inf for weight in class_weights):
            raise ValueError(f"class_weights: {list(class_weights)} has a weight that is not in [0, inf)")
        self.class_weights = class_weights

    @staticmethod
    def balanced(counts: np.ndarray, examples: int) -> np.ndarray:
        """Return the weights (K,) that give all classes the same influence.

        They are N / (K nₖ), as in scikit-learn, so their mean over the examples is 1. A class without examples gets 1
        and does not count in K.

        Args:
            counts: (K,) examples of each class.
            examples: Number of examples.
        """
        there = counts > 0
        weights = np.ones(len(counts))
        np.divide(examples / max(1, int(there.sum())), counts, out=weights, where=there)
        return weights

    def check(self, output: Shape, num_classes: int | None) -> None:
        super().check(output, num_classes)
        if self.class_weights is not None and len(self.class_weights) != output[0]:
            problem = f"{len(self.class_weights)} weights for {output[0]} classes"
            raise GraphError(problem, "give one for each", "loss.class_weights")

    def weigh(self, ctx: Context, t: np.ndarray) -> np.ndarray:
        """Multiply the targets t (K, N) by their weights, in place; returns them."""
        if self.class_weights is not None:
            t *= ctx.once("class weights", lambda: np.array(self.class_weights, t.dtype)[:, np.newaxis])
        return t
