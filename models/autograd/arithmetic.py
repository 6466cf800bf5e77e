"""The four operations and powers, of operands that broadcast."""

from __future__ import annotations

import numpy as np

from models.autograd.function import Function
from models.autograd.shape import sum_to
from models.autograd.variable import Variable

Operand = Variable | np.ndarray | float


class Binary(Function):
    """A function of two operands which NumPy broadcasts; where it did, the gradient is the sum over the copies."""

    def gradients(self, dy: Variable) -> tuple[Variable, ...]:
        return tuple(sum_to(dx, x.shape) for dx, x in zip(super().gradients(dy), self.inputs, strict=True))


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
        a, b = self.inputs
        return dy / b, -dy * a / (b * b)


class Neg(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return -x

    def backward(self, dy: Variable) -> Variable:
        return -dy


class Pow(Function):
    """``xᶜ`` with a number c."""

    def __init__(self, exponent: float) -> None:
        self.exponent = exponent

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x**self.exponent

    def backward(self, dy: Variable) -> Variable:
        if self.exponent == 0:  # 0 · x⁻¹ would be nan at 0
            return dy * 0
        (x,) = self.inputs
        return dy * self.exponent * x ** (self.exponent - 1)


class Power(Binary):
    """``aᵇ`` with a positive or zero a, by both."""

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a**b

    def backward(self, dy: Variable) -> tuple[Variable, Variable]:
        from models.autograd.elementary import log, where

        a, b = self.inputs
        logarithm = where(a.data == 0, 0, log(where(a.data == 0, 1, a)))  # 0ᵇ does not depend on a positive b
        return dy * b * a ** (b - 1), dy * a**b * logarithm


def add(a: Operand, b: Operand) -> Variable:
    """``a + b``."""
    return Add()(a, b)


def sub(a: Operand, b: Operand) -> Variable:
    """``a − b``."""
    return Sub()(a, b)


def mul(a: Operand, b: Operand) -> Variable:
    """``a · b``, element by element."""
    return Mul()(a, b)


def div(a: Operand, b: Operand) -> Variable:
    """``a / b``."""
    return Div()(a, b)


def neg(x: Operand) -> Variable:
    """``−x``."""
    return Neg()(x)


def pow(a: Operand, b: Operand) -> Variable:
    """``aᵇ``; a negative ``a`` needs a plain number as ``b``."""
    return Pow(b)(a) if isinstance(b, int | float) else Power()(a, b)
