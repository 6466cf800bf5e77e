"""The contract of a differentiable function."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from models.autograd.variable import Variable, as_variable, is_recording


class Function(ABC):
    """One operation: its value, and beside it its derivative.

    ``forward`` computes with arrays. ``backward`` computes with Variables, so that gradients can be differentiated in
    turn; it finds the operands in ``self.inputs`` and the result in ``self.output()``. Hyperparameters go to
    ``__init__``, and an instance serves for one call::

        class Square(Function):
            def forward(self, x):
                return x * x

            def backward(self, dy):
                (x,) = self.inputs
                return 2 * x * dy

        y = Square()(x)
    """

    inputs: tuple[Variable, ...] = ()

    def __call__(self, *inputs: Any) -> Variable:
        if self.inputs:
            raise RuntimeError(f"this {type(self).__name__} was already called; make another")
        variables = _promote(inputs)
        y = Variable(self.forward(*(x.data for x in variables)))
        if is_recording():
            self.inputs = variables
            self.output = weakref.ref(y)  # y refers to this function: a strong reference would close a cycle
            self.generation = 1 + max((x.creator.generation for x in variables if x.creator), default=0)
            y.creator = self
        return y

    @abstractmethod
    def forward(self, *inputs: np.ndarray) -> np.ndarray:
        """The result. Never writes to its inputs."""

    @abstractmethod
    def backward(self, dy: Variable) -> Variable | tuple[Variable | None, ...] | None:
        """The gradient by each input, given that by the result; None where there is none."""

    def gradients(self, dy: Variable) -> tuple[Variable | None, ...]:
        """What ``backward`` gives, as a tuple with one gradient for each input."""
        given = self.backward(dy)
        given = given if isinstance(given, tuple) else (given,)
        if len(given) != len(self.inputs):
            name = type(self).__name__
            raise ValueError(f"{name}.backward gives {len(given)} gradients for {len(self.inputs)} inputs")
        return given


def _promote(inputs: tuple[Any, ...]) -> tuple[Variable, ...]:
    """The inputs as Variables; a plain number takes the dtype of the arrays beside it, as in NumPy."""
    operands = [x if isinstance(x, int | float) else as_variable(x) for x in inputs]
    dtype = np.result_type(*(x.data if isinstance(x, Variable) else x for x in operands))
    return tuple(x if isinstance(x, Variable) else Variable(np.asarray(x, dtype)) for x in operands)
