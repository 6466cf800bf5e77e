"""The contract of a loss, and what losses share."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from trainer.models.errors import GraphError
from trainer.models.shape import Shape, format_shape
from trainer.models.workspace import Context


class Loss(ABC):
    """A loss over a batch: the mean over its examples.

    Like a layer it holds no state. Buffers come from its context, where forward leaves in ``ctx.inputs`` what backward
    needs. ``ctx.step.batch`` is the size of the whole batch, of which a shard sees a part:

        from trainer.models.losses.loss import Loss, check_vector, total, vectors

        class SquaredError(Loss):
            def check(self, output, num_classes):
                check_vector(output, num_classes)

            def forward(self, ctx, outputs, targets):
                t = vectors(ctx, outputs, targets)  # (K, N), of labels too
                ctx.inputs = outputs, t
                return total((outputs - t) ** 2)

            def backward(self, ctx):
                outputs, t = ctx.inputs
                return 2 / ctx.step.batch * (outputs - t)
    """

    @abstractmethod
    def check(self, output: Shape, num_classes: int | None) -> None:
        """Raise GraphError where a network's output or the data's targets do not fit this loss.

        Args:
            output: The shape of one example's output.
            num_classes: That of the data; None: the targets are values.
        """

    @abstractmethod
    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        """The sum of the losses of this shard's examples; inf or nan, with NumPy's warnings, where the outputs are.

        Args:
            outputs: (K, N), the network's last node.
            targets: int64 (N,) labels in [0, K), each standing for its one-hot vector; or (K, N), batch-last like
                the outputs.

        Raises:
            GraphError: Targets (K, N) of another K than the outputs.
        """

    @abstractmethod
    def backward(self, ctx: Context) -> np.ndarray:
        """The gradient of the mean over the whole batch by this shard's outputs (K, N), after forward."""


def check_vector(output: Shape, num_classes: int | None) -> None:
    """Raise GraphError unless the output is a vector, of as many elements as the data has classes, if any."""
    if len(output) != 1:
        problem = f"the network gives {format_shape(output)} but the loss needs a vector"
        raise GraphError(problem, "end it with models.Linear")
    if num_classes is not None and output[0] != num_classes:
        raise GraphError(
            f"the network gives {output[0]} outputs but the data has {num_classes} classes",
            "set out_features of its last layer to ${data.num_classes}",
        )


def vectors(ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The targets as vectors (K, N), in a buffer."""
    t = ctx.buffer("t", outputs.shape)
    if targets.ndim == 1:
        classes = ctx.once("classes", lambda: np.arange(len(outputs))[:, None])
        return np.equal(classes, targets, out=t)
    if targets.shape != outputs.shape:
        raise GraphError(
            f"the network gives {len(outputs)} outputs but the targets have {len(targets)}",
            f"set out_features of its last layer to {len(targets)}",
        )
    np.copyto(t, targets)
    return t


def total(values: np.ndarray) -> float:
    """The sum of all elements, in double precision: float32 would lose digits over a large batch."""
    return float(np.add.reduce(values, axis=None, dtype=np.float64))
