"""Activations, as in PyTorch; they and their derivatives are correct even at the largest values."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from trainer.models.autograd.elementary import expm1, tanh, where
from trainer.models.autograd.function import Function, Operand
from trainer.models.autograd.variable import Variable, as_variable


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
        return where(self.inputs[0] > 0, dy, 0)


class LeakyReLU(Function):
    def __init__(self, negative_slope: float) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x, self.negative_slope * x)

    def backward(self, dy: Variable) -> Variable:
        return dy * np.where(self.inputs[0] > 0, 1, self.negative_slope)


def sigmoid(x: Operand) -> Variable:
    """Return ``1 / (1 + e⁻ˣ)``."""
    return Sigmoid()(x)


def softplus(x: Operand) -> Variable:
    """Return ``log(1 + eˣ)``."""
    return Softplus()(x)


def relu(x: Operand) -> Variable:
    """Return ``max(x, 0)``; its derivative at 0 is 0."""
    return ReLU()(x)


def leaky_relu(x: Operand, negative_slope: float = 0.01) -> Variable:
    """Return ``x`` where x > 0, else ``negative_slope · x``."""
    return LeakyReLU(float(negative_slope))(x)


def elu(x: Operand, alpha: float = 1.0) -> Variable:
    """Return ``x`` where x > 0, else ``alpha · (eˣ − 1)``."""
    x = as_variable(x)
    return where(x > 0, x, alpha * expm1(where(x > 0, 0, x)))


def silu(x: Operand) -> Variable:
    """Return ``x σ(x)``, σ the sigmoid."""
    return _gated(x, sigmoid, 1000)


def gelu(x: Operand) -> Variable:
    """Return ``½ x (1 + tanh u)`` with ``u = √(2/π) (x + 0.044715 x³)``, GELU's tanh form."""
    return _gated(x, lambda x: (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2, 10)


def _gated(x: Operand, gate: Callable[[Variable], Variable], limit: float) -> Variable:
    """Return ``x · gate(x)`` for a gate that is exactly 0 or 1 beyond ±limit, where products with x could overflow."""
    x = as_variable(x)
    far = np.abs(x.data) > limit
    near = where(far, 0, x)
    return where(far, relu(x), near * gate(near))
