"""The contract of a differentiable function."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from trainer.models.autograd.variable import Variable, as_variable, is_recording

Operand = Variable | np.ndarray | float
NUMBER = (int, float, np.integer, np.floating, np.bool)


class Function(ABC):
    """One operation: its value and its derivative.

    ``forward`` computes with arrays, whose names are free; ``**_`` is below only so that type checkers accept them.
    ``backward`` computes with Variables, so that gradients can be differentiated in turn; it finds the operands in
    ``self.inputs`` and the result in ``self.output()``. Hyperparameters go to ``__init__``. An instance is called
    once::

        class Square(Function):
            def forward(self, x):
                return x * x

            def backward(self, dy):
                (x,) = self.inputs
                return 2 * x * dy

        y = Square()(x)
    """

    inputs: tuple[Variable, ...] = ()
    output: Callable[[], Variable]
    generation: int  # one more than the largest among the functions its inputs come from

    def __call__(self, *inputs: Operand) -> Variable:
        if self.inputs:
            raise RuntimeError(f"this {type(self).__name__} was already called; make another")
        variables = self.operands(*inputs)
        y = Variable(self.forward(*(x.data for x in variables)))
        y.weak = all(x.weak for x in variables)
        if is_recording():
            self.inputs = variables
            # Weak, since y refers to this function, and a strong reference would close a cycle.
            self.output = cast(Callable[[], Variable], weakref.ref(y))
            self.generation = 1 + max((x.creator.generation for x in variables if x.creator), default=0)
            y.creator = self
        return y

    def operands(self, *inputs: Operand) -> tuple[Variable, ...]:
        """Return the inputs as Variables; numbers take the dtype of the other inputs, arrays keep theirs."""
        dtype = common_dtype(inputs) if any(isinstance(x, NUMBER) for x in inputs) else None
        return tuple(as_variable(np.asarray(x, dtype) if isinstance(x, NUMBER) else x) for x in inputs)

    @abstractmethod
    def forward(self, *inputs: Any, **_: Any) -> np.ndarray:
        """Return the result. Never writes to its inputs."""

    @abstractmethod
    def backward(self, dy: Variable) -> Variable | tuple[Variable | None, ...] | None:
        """Return the gradient of each input, in its shape, given that of the result; None where there is none."""

    def gradients(self, dy: Variable) -> tuple[Variable | None, ...]:
        """Return the result of ``backward`` as a tuple with one gradient for each input."""
        given = self.backward(dy)
        given = given if isinstance(given, tuple) else (given,)
        if len(given) != len(self.inputs):
            name = type(self).__name__
            raise ValueError(f"{name}.backward returns {len(given)} gradients for {len(self.inputs)} inputs")
        return given


def common_dtype(operands: Sequence[Operand]) -> np.dtype:
    """Return the common dtype of operands: the widest floating one of the Variables or, without any, of the data.

    Without either, NumPy decides; its scalars then count as Python's numbers if there is an array among the operands.
    """
    numbers = [x for x in operands if isinstance(x, NUMBER)]
    arrays = [as_variable(x) for x in operands if not isinstance(x, NUMBER)]
    for weak in (False, True):
        if floating := [x.dtype for x in arrays if x.weak == weak and x.dtype.kind == "f"]:
            return np.result_type(*floating)
    if arrays:
        numbers = [x.item() if isinstance(x, np.generic) else x for x in numbers]
    return np.result_type(*(x.dtype for x in arrays), *numbers)


def promote(*operands: Operand) -> tuple[Variable, ...]:
    """Return the operands as Variables of their common dtype; converting data is not recorded."""
    dtype = common_dtype(operands)
    return tuple(x.astype(dtype) if isinstance(x, Variable) else as_variable(np.asarray(x, dtype)) for x in operands)
