"""The contract of a loss, and functions that losses share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from trainer.models.context import Context
from trainer.models.errors import GraphError
from trainer.models.layer import Layer
from trainer.models.layers.activation import ReLU, Sigmoid, Softmax, Softplus, Tanh
from trainer.models.layers.dropout import Dropout
from trainer.models.layers.shape import Flatten
from trainer.models.shape import Shape, format_shape

if TYPE_CHECKING:
    from trainer.models.graph import Graph

NO_LOGITS_OF_CLASSES: tuple[type[Layer], ...] = (Softmax, Sigmoid, Tanh)
"""Layers whose outputs lie in an interval, so that no class could ever become certain by a softmax of them."""

NO_LOGITS_OF_LABELS: tuple[type[Layer], ...] = (Softmax, Sigmoid, Tanh, ReLU, Softplus)
"""Layers whose outputs keep a sigmoid away from 0, or away from 1."""


class Loss(ABC):
    """A loss over a batch: the mean over its examples.

    Like a layer it has no state. Buffers come from its context; forward stores in ``ctx.inputs`` what backward needs.
    ``ctx.step.batch`` is the size of the whole batch, of which a shard sees a part:

        from trainer.models.losses.loss import Loss, total, vectors

        class SquaredError(Loss):

            def forward(self, ctx, outputs, targets):
                t = vectors(ctx, outputs, targets)  # (K, N), of labels too
                ctx.inputs = outputs, t
                return total((outputs - t) ** 2)

            def backward(self, ctx):
                outputs, t = ctx.inputs
                return 2 / ctx.step.batch * (outputs - t)

    Attributes:
        activation: The activation that the loss itself applies to the outputs, such as "softmax"; empty: none.
        refused: Layers that must not end the network in that case.
    """

    activation: str = ""
    refused: tuple[type[Layer], ...] = ()

    def check_end(self, graph: Graph) -> None:
        """Raise GraphError if the network ends in an activation whose outputs this loss cannot learn from.

        It would train, but badly: of ten classes, the softmax of a softmax never gives one more than 0.24.
        """
        nodes = {node.name: node for node in graph.nodes}
        last = graph.nodes[-1]
        while isinstance(last.layer, Flatten | Dropout) and last.inputs[0] in nodes:
            last = nodes[last.inputs[0]]
        if isinstance(last.layer, self.refused):
            loss, layer = type(self).__name__, type(last.layer).__name__
            problem = f"{loss} applies the {self.activation} itself, but the network ends in {layer}"
            raise GraphError(problem, f"leave the layer out (~{last.key}) or choose another loss", last.key)

    def check(self, output: Shape, num_classes: int | None) -> None:
        """Raise GraphError if a network's output or the data's targets do not fit this loss.

        By default the output must be a vector, with one element for each class if there are classes.

        Args:
            output: The shape of one example's output.
            num_classes: The number of classes of the data; None: the targets are values.
        """
        check_vector(output, num_classes)

    @abstractmethod
    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        """Return the sum of this shard's losses; inf or nan, with NumPy's warnings, if the outputs are.

        Args:
            outputs: (K, N), the network's last node.
            targets: int64 (N,) labels in [0, K), each standing for its one-hot vector; or (K, N), batch-last like
                the outputs.

        Raises:
            GraphError: Targets (K, N) and outputs differ in K.
        """

    @abstractmethod
    def backward(self, ctx: Context) -> np.ndarray:
        """Return the gradient (K, N) of the mean over the whole batch with respect to this shard's outputs."""


def check_vector(output: Shape, num_classes: int | None) -> None:
    """Raise GraphError unless the output is a vector, with one element for each class if the data has classes."""
    if len(output) != 1:
        problem = f"the network gives {format_shape(output)} but the loss needs a vector"
        raise GraphError(problem, "end it with models.Linear")
    if num_classes is not None and output[0] != num_classes:
        raise GraphError(
            f"the network gives {output[0]} outputs but the data has {num_classes} classes",
            "set out_features of its last layer to auto",
        )


def vectors(ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the targets as vectors (K, N), in a buffer."""
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
    """Return the sum of all elements in double precision; float32 would lose digits over a large batch."""
    return float(np.add.reduce(values, axis=None, dtype=np.float64))
