"""Elementwise functions: powers, exponentials, maxima, ..."""

from __future__ import annotations

import numpy as np

from trainer.models.autograd.arithmetic import Binary
from trainer.models.autograd.function import NUMBER, Function, Operand
from trainer.models.autograd.variable import Variable, as_variable


class Pow(Function):
    """``xᶜ``, where c is a number."""

    def __init__(self, exponent: float) -> None:
        self.exponent = exponent

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x**self.exponent

    def backward(self, dy: Variable) -> Variable:
        if self.exponent == 0:  # 0 · x⁻¹ would be nan at 0
            return dy * 0
        x = self.inputs[0].astype(dy.dtype)
        return dy * self.exponent * x ** (self.exponent - 1)


class Power(Binary):
    """``aᵇ`` for a ≥ 0, differentiated by both."""

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a**b

    def backward(self, dy: Variable) -> tuple[Variable, Variable]:
        a, b = (x.astype(dy.dtype) for x in self.inputs)
        lower = where((a == 0) & (b == 0), 0, b - 1)  # 0 · 0⁻¹ would be nan
        logarithm = where(a == 0, 0, log(where(a == 0, 1, a)))  # 0ᵇ does not depend on a positive b
        return dy * b * a**lower, dy * self.output() * logarithm


class Exp(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.exp(x)

    def backward(self, dy: Variable) -> Variable:
        return dy * self.output()


class Expm1(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.expm1(x)

    def backward(self, dy: Variable) -> Variable:
        return dy * exp(self.inputs[0])


class Log(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.log(x)

    def backward(self, dy: Variable) -> Variable:
        return dy / self.inputs[0]


class Sqrt(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.sqrt(x)

    def backward(self, dy: Variable) -> Variable:
        return dy / (2 * self.output())


class Sin(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.sin(x)

    def backward(self, dy: Variable) -> Variable:
        return dy * cos(self.inputs[0])


class Cos(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.cos(x)

    def backward(self, dy: Variable) -> Variable:
        return -dy * sin(self.inputs[0])


class Tanh(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.tanh(x)

    def backward(self, dy: Variable) -> Variable:
        y = self.output()
        return dy * (1 - y * y)


class Abs(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.abs(x)

    def backward(self, dy: Variable) -> Variable:
        return dy * np.sign(self.inputs[0].data.astype(dy.dtype))


class Maximum(Binary):
    """The larger of two; equal ones get half the gradient each, as in PyTorch."""

    choose: np.ufunc = np.maximum

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self.choose(a, b)

    def backward(self, dy: Variable) -> tuple[Variable, Variable]:
        a, b = self.inputs
        y, half = self.output(), dy / 2
        return where(a == b, half, where(y != b, dy, 0)), where(a == b, half, where(y != a, dy, 0))


class Minimum(Maximum):
    """The smaller of two."""

    choose = np.minimum


class Where(Binary):
    """``a`` where the condition holds and ``b`` elsewhere."""

    def __init__(self, condition: np.ndarray) -> None:
        self.condition = condition

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(self.condition, a, b)

    def backward(self, dy: Variable) -> tuple[Variable, Variable]:
        return where(self.condition, dy, 0), where(self.condition, 0, dy)


def pow(a: Operand, b: Operand) -> Variable:
    """Return ``aᵇ``; a negative ``a`` needs a plain number as ``b``."""
    if isinstance(b, NUMBER):
        return Pow(b.item() if isinstance(b, np.generic) else b)(a)
    return Power()(a, b)


def exp(x: Operand) -> Variable:
    """Return ``eˣ``."""
    return Exp()(x)


def expm1(x: Operand) -> Variable:
    """Return ``eˣ − 1``, accurate near 0 too."""
    return Expm1()(x)


def log(x: Operand) -> Variable:
    """Return the natural logarithm."""
    return Log()(x)


def sqrt(x: Operand) -> Variable:
    """Return the square root."""
    return Sqrt()(x)


def sin(x: Operand) -> Variable:
    """Return the sine."""
    return Sin()(x)


def cos(x: Operand) -> Variable:
    """Return the cosine."""
    return Cos()(x)


def tanh(x: Operand) -> Variable:
    """Return the hyperbolic tangent."""
    return Tanh()(x)


def abs(x: Operand) -> Variable:
    """Return ``|x|``; its derivative at 0 is 0."""
    return Abs()(x)


def maximum(a: Operand, b: Operand) -> Variable:
    """Return the larger of each pair of elements; equal ones share the gradient."""
    return Maximum()(a, b)


def minimum(a: Operand, b: Operand) -> Variable:
    """Return the smaller of each pair of elements; equal ones share the gradient."""
    return Minimum()(a, b)


def where(condition: np.ndarray, a: Operand, b: Operand) -> Variable:
    """Return ``a`` where ``condition`` (bools, not differentiated) holds and ``b`` elsewhere."""
    condition = as_variable(condition).data
    if condition.dtype != bool:
        raise TypeError(f"where: the condition must be of bools, such as x > 0, got {condition.dtype}")
    return Where(condition)(a, b)
