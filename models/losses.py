"""Losses: what training minimises, with the gradient by the network's output."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from models.layer import Shape
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
