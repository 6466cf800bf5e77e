"""The contract of a layer.

A layer is a formula with its derivative. It holds hyperparameters only; everything that belongs to a step (inputs,
parameters, gradients, buffers, random numbers) comes with the :class:`~models.context.Context` of its node.

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

    from trainer.models.context import Context
    from trainer.models.initializers import Initializer


@dataclass(frozen=True)
class Parameter:
    """A named array that a layer owns: learned or, if not ``trainable``, kept (such as running statistics).

    A ``frozen`` one could be learned but is kept by the network, see :meth:`Graph.freeze`.
    """

    shape: Shape
    initializer: Initializer
    trainable: bool = True
    frozen: bool = False


class Layer(ABC):
    """One node's arithmetic: subclasses define the methods below, and keep each option as an attribute of its name.

    A method takes one positional argument for each input of the layer, under any name: ``def forward(self, ctx, x)``.
    ``**_`` is here only so that type checkers accept those names.
    """

    inputs_required: int | None = 1  # None: two or more
    reads_any_order = False  # True: as fast with an input that lies batch-first in memory as with batch-last
    initializer: Initializer | None  # only of layers with weights; None: the network's

    @abstractmethod
    def output_shape(self, *inputs: Any, **_: Any) -> Shape:
        """Return the shape of one output example, given the shape of each input; GraphError if they do not fit."""

    def parameters(self, *inputs: Any, **_: Any) -> dict[str, Parameter]:
        """Return the parameters, in PyTorch's layout and under its names (``weight``, ``bias``, ...)."""
        return {}

    def macs(self, *inputs: Any, **_: Any) -> int:
        """Return the multiply-accumulates of one example's forward pass, in matrix products and convolutions."""
        return 0

    @abstractmethod
    def forward(self, ctx: Context, *inputs: Any, **_: Any) -> np.ndarray:
        """Return the output (*output_shape, N) of inputs (*shape, N).

        It lies in a buffer of ``ctx`` or is a view of an input. Never writes to inputs.
        """

    @abstractmethod
    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | tuple[np.ndarray | None, ...] | None:
        """Return the gradient of the loss with respect to each input, given the gradient of the output.

        Writes every element of the gradient of each parameter into ``ctx.grads``. Never writes to ``dy``. A layer of
        several inputs returns a tuple. A gradient has the shape and type of its input. It lies in
        ``ctx.input_gradient(index)`` or in a buffer, or is ``dy`` or a view of it; the choice may change between steps.
        If ``ctx.needs_input_gradient`` is false, the result may be None. Return zeros to stop a gradient.
        """
