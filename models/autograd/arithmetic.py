"""The four operations, with operands that broadcast."""

from __future__ import annotations

import numpy as np

from trainer.models.autograd.function import Function, Operand, promote
from trainer.models.autograd.shape import sum_to
from trainer.models.autograd.variable import Variable


class Binary(Function):
    """A function of two operands, which are converted to one dtype and broadcast as in NumPy.

    The gradient of an operand that was broadcast is the sum over its copies.
    """

    operands = staticmethod(promote)

    def gradients(self, dy: Variable) -> tuple[Variable | None, ...]:
        given = zip(super().gradients(dy), self.inputs, strict=True)
        return tuple(None if dx is None else sum_to(dx, x.shape) for dx, x in given)


class Add(Binary):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a + b

    def backward(self, dy: Variable) -> tuple[Variable, Variable]:
        return dy, dy


class Sub(Binary):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a - b

    def backward(self, dy: Variable) -> tuple[Variable, Variable]:
        return dy, -dy


class Mul(Binary):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a * b

    def backward(self, dy: Variable) -> tuple[Variable, Variable]:
        a, b = self.inputs
        return dy * b, dy * a


class Div(Binary):
    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a / b

    def backward(self, dy: Variable) -> tuple[Variable, Variable]:
        b = self.inputs[1]
        return dy / b, -dy * self.output() / b  # b² would overflow where the gradient does not


class Neg(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return -x

    def backward(self, dy: Variable) -> Variable:
        return -dy


def add(a: Operand, b: Operand) -> Variable:
    """Return ``a + b``."""
    return Add()(a, b)


def sub(a: Operand, b: Operand) -> Variable:
    """Return ``a − b``."""
    return Sub()(a, b)


def mul(a: Operand, b: Operand) -> Variable:
    """Return ``a · b``, element by element."""
    return Mul()(a, b)


def div(a: Operand, b: Operand) -> Variable:
    """Return ``a / b``."""
    return Div()(a, b)


def neg(x: Operand) -> Variable:
    """Return ``−x``."""
    return Neg()(x)
