"""The contract of a layer.

A layer is a formula with its derivative. It holds hyperparameters only; everything that belongs to a step (inputs,
parameters, gradients, buffers, random numbers) comes with the :class:`~models.workspace.Context` of its node.

Inside the engine arrays are *batch-last*: a feature map of shape ``(C, H, W)`` is an array ``(C, H, W, N)``, a vector
of ``F`` features an array ``(F, N)``. So ``weight @ x`` is a linear layer and every inner loop runs over contiguous
memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainer.models.shape import Shape

if TYPE_CHECKING:
    import numpy as np

    from trainer.models.initializers import Initializer
    from trainer.models.workspace import Context


@dataclass(frozen=True)
class Parameter:
    """A named array that a layer owns: learned, or, where not ``trainable``, kept (running statistics)."""

    shape: Shape
    initializer: Initializer
    trainable: bool = True


class Layer(ABC):
    """One node's arithmetic. Subclasses keep their options under the names of the arguments and give these rules."""

    inputs_required: int | None = 1  # None: two or more
    reads_any_order = False  # an input that lies sample-first in memory is as good as one that lies batch-last

    @abstractmethod
    def output_shape(self, *inputs: Shape) -> Shape:
        """The shape of one output example. Raises :class:`GraphError` where the inputs do not fit."""

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        """The parameters, in PyTorch's layout and under its names (``weight``, ``bias``, ...)."""
        return {}

    def macs(self, *inputs: Shape) -> int:
        """Multiply-accumulates of one example's forward pass, counting matrix products and convolutions."""
        return 0

    @abstractmethod
    def forward(self, ctx: Context, *inputs: np.ndarray) -> np.ndarray:
        """The output (*output_shape, N), in a buffer of ``ctx`` or as a view of an input. Never writes to inputs."""

    @abstractmethod
    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | tuple[np.ndarray | None, ...] | None:
        """The gradient of the loss by each input, given that by the output.

        Writes the gradient by each parameter into its array in ``ctx.grads``, every element. Never writes to ``dy``. A
        node of several inputs gives a tuple. A gradient has the shape and type of its input and lies in
        ``ctx.input_gradient(index)``, in a buffer, or is ``dy`` or a view of it; which of these may differ from step to
        step. Where ``ctx.needs_input_gradient`` is false it is not wanted and may be None; zeros stop a gradient.
        """
