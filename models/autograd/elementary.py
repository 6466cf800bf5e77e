"""Functions of each element."""

from __future__ import annotations

import numpy as np

from models.autograd.arithmetic import Binary, Operand
from models.autograd.function import Function
from models.autograd.variable import Variable, as_variable


class Exp(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.exp(x)

    def backward(self, dy: Variable) -> Variable:
        return dy * self.output()


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


class Sigmoid(Function):
    """``1 / (1 + e⁻ˣ)``, for negative x as ``eˣ / (1 + eˣ)``: no exponential overflows."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        small = np.exp(-np.abs(x))
        return np.where(x < 0, small, 1) / (1 + small)

    def backward(self, dy: Variable) -> Variable:
        y = self.output()
        return dy * y * (1 - y)


class Softplus(Function):
    """``log(1 + eˣ)`` as ``max(x, 0) + log(1 + e^−|x|)``: no exponential overflows."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, dy: Variable) -> Variable:
        return dy * sigmoid(self.inputs[0])


class ReLU(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0)

    def backward(self, dy: Variable) -> Variable:
        return dy * (self.inputs[0].data > 0)


class Abs(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.abs(x)

    def backward(self, dy: Variable) -> Variable:
        return dy * np.sign(self.inputs[0].data)


class Maximum(Binary):
    """The larger of two; where they are equal each receives half the gradient, as in PyTorch."""

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.maximum(a, b)

    def backward(self, dy: Variable) -> tuple[Variable, Variable]:
        a, b = self.inputs
        share = (np.sign(a.data - b.data) + 1) / 2
        return dy * share, dy * (1 - share)


class Where(Binary):
    """``a`` where the condition holds and ``b`` elsewhere."""

    def __init__(self, condition: np.ndarray) -> None:
        self.condition = condition

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(self.condition, a, b)

    def backward(self, dy: Variable) -> tuple[Variable, Variable]:
        return where(self.condition, dy, 0), where(self.condition, 0, dy)


def exp(x: Operand) -> Variable:
    """``eˣ``."""
    return Exp()(x)


def log(x: Operand) -> Variable:
    """The natural logarithm."""
    return Log()(x)


def sqrt(x: Operand) -> Variable:
    """The square root."""
    return Sqrt()(x)


def sin(x: Operand) -> Variable:
    """Sine."""
    return Sin()(x)


def cos(x: Operand) -> Variable:
    """Cosine."""
    return Cos()(x)


def tanh(x: Operand) -> Variable:
    """Hyperbolic tangent."""
    return Tanh()(x)


def sigmoid(x: Operand) -> Variable:
    """``1 / (1 + e⁻ˣ)``."""
    return Sigmoid()(x)


def softplus(x: Operand) -> Variable:
    """``log(1 + eˣ)``."""
    return Softplus()(x)


def relu(x: Operand) -> Variable:
    """``max(x, 0)``, of derivative 0 at 0."""
    return ReLU()(x)


def abs(x: Operand) -> Variable:
    """``|x|``, of derivative 0 at 0."""
    return Abs()(x)


def maximum(a: Operand, b: Operand) -> Variable:
    """The larger of each pair of elements; equal ones share the gradient."""
    return Maximum()(a, b)


def minimum(a: Operand, b: Operand) -> Variable:
    """The smaller of each pair of elements; equal ones share the gradient."""
    return -Maximum()(-a, -b)


def where(condition: np.ndarray, a: Operand, b: Operand) -> Variable:
    """``a`` where ``condition`` (bools, not differentiated) holds and ``b`` elsewhere."""
    condition = as_variable(condition).data
    if condition.dtype != bool:
        raise TypeError(f"where: the condition must be of bools, such as x.data > 0, got {condition.dtype}")
    return Where(condition)(a, b)
