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
from typing import TYPE_CHECKING, Any

from trainer.models.shape import Shape as Shape

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
    """One node's arithmetic. Subclasses keep their options under the names of the arguments and give these rules.

    Each rule takes one argument for each input of the layer, under names of the subclass's own and never by keyword:
    ``def forward(self, ctx, x)``. ``**_`` stands here only so that type checkers accept those names.
    """

    inputs_required: int | None = 1  # None: two or more
    reads_any_order = False  # an input that lies batch-first in memory is as good as one that lies batch-last
    initializer: Initializer | None  # of a layer with weights; None: the network's

    @abstractmethod
    def output_shape(self, *inputs: Any, **_: Any) -> Shape:
        """Return the shape of one output example, given that of each input; GraphError if they do not fit."""

    def parameters(self, *inputs: Any, **_: Any) -> dict[str, Parameter]:
        """Return the parameters, in PyTorch's layout and under its names (``weight``, ``bias``, ...)."""
        return {}

    def macs(self, *inputs: Any, **_: Any) -> int:
        """Multiply-accumulates of one example's forward pass, counting matrix products and convolutions."""
        return 0

    @abstractmethod
    def forward(self, ctx: Context, *inputs: Any, **_: Any) -> np.ndarray:
        """Return the output (*output_shape, N) of inputs (*shape, N).

        It lies in a buffer of ``ctx`` or is a view of an input. Never writes to inputs.
        """

    @abstractmethod
    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | tuple[np.ndarray | None, ...] | None:
        """Return the gradient of the loss by each input, given that by the output.

        Writes the gradient by each parameter into its array in ``ctx.grads``, every element. Never writes to ``dy``. A
        node of several inputs gives a tuple. A gradient has the shape and type of its input and lies in
        ``ctx.input_gradient(index)``, in a buffer, or is ``dy`` or a view of it; which of these may differ from step to
        step. Where ``ctx.needs_input_gradient`` is false it is not wanted and may be None; zeros stop a gradient.
        """
