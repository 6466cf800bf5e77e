"""Losses: what training minimises, with the gradient by the network's output."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from models.errors import GraphError
from models.layer import Shape, format_shape
from models.workspace import Context


class Loss(ABC):
    """A loss over a batch: the mean over its examples.

    Like a layer it holds no state: buffers come from its context, and ``ctx.step.batch`` is the size of the whole batch,
    of which a shard sees a part.
    """

    @abstractmethod
    def check(self, output: Shape, num_classes: int | None) -> None:
        """Raise GraphError where a network's output or the data's targets do not fit this loss."""

    @abstractmethod
    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        """The sum of the losses of this shard's examples.

        Args:
            outputs: (K, N), the network's last node.
            targets: int64 (N,) labels, or (K, N) batch-last like the outputs.
        """

    @abstractmethod
    def backward(self, ctx: Context) -> np.ndarray:
        """The gradient of the mean over the whole batch by this shard's outputs (K, N), after forward."""


class CrossEntropy(Loss):
    """Softmax and cross-entropy in one stable step, from logits z (K, N).

    ``log pₖ = zₖ − max z − log Σⱼ exp(zⱼ − max z)``, ``L = −Σₖ tₖ log pₖ``, ``dz = p Σₖ tₖ − t``, as PyTorch's
    ``cross_entropy``; t is 1 at the label and 0 elsewhere, or the (K, N) targets, smoothed.

    Args:
        label_smoothing: Share ε of every target that is spread evenly, ``(1 − ε) t + ε / K`` (Szegedy et al. 2016).
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing must lie in [0, 1], got {label_smoothing}")
        self.label_smoothing = label_smoothing

    def check(self, output: Shape, num_classes: int | None) -> None:
        if num_classes is None:
            raise GraphError("CrossEntropy needs classes, but the data has none", "choose a loss for numbers: loss=mse")
        _check_output(output, num_classes)

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        t = self._targets(ctx, outputs, targets)
        p, log_p = ctx.buffer("p", outputs.shape), ctx.buffer("log_p", outputs.shape)
        row = ctx.buffer("row", (ctx.batch,))
        with np.errstate(invalid="ignore", over="ignore"):  # logits that are no numbers: so is the loss, without noise
            np.subtract(outputs, np.max(outputs, axis=0, out=row), out=log_p)
            np.exp(log_p, out=p)
            np.sum(p, axis=0, out=row)
            np.divide(p, row, out=p)
            np.subtract(log_p, np.log(row, out=row), out=log_p)
            return -_total(np.multiply(t, log_p, out=log_p))

    def backward(self, ctx: Context) -> np.ndarray:
        ...
