"""Functions over one, several or all axes."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from trainer.models.autograd.function import Function
from trainer.models.autograd.shape import Array, broadcast_to, reshape
from trainer.models.autograd.variable import Variable, as_variable

Axis = int | tuple[int, ...] | None


class Reduction(Function):
    """The base of reductions, with the axes, and whether these stay, with length 1."""

    def __init__(self, axis: Axis, keepdims: bool) -> None:
        self.axis, self.keepdims = axis, keepdims

    def spread(self, y: Variable) -> Variable:
        """Return a reduced array, broadcast to the shape of the input."""
        shape = self.inputs[0].shape
        axes = _axes(self.axis, len(shape))
        kept = tuple(1 if axis in axes else size for axis, size in enumerate(shape))
        return broadcast_to(reshape(y, kept), shape)


class Sum(Reduction):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return x.sum(self.axis, keepdims=self.keepdims)

    def backward(self, dy: Variable) -> Variable:
        return self.spread(dy)


class Max(Reduction):
    """The maximum; equal largest elements share the gradient evenly, as in PyTorch's ``amax``."""

    choose: np.ufunc = np.maximum

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.choose.reduce(x, self.axis, keepdims=self.keepdims)

    def backward(self, dy: Variable) -> Variable:
        attained = self.inputs[0] == self.spread(self.output())
        return self.spread(dy) * (attained / attained.sum(self.axis, keepdims=True))


class Min(Max):
    """The minimum."""

    choose = np.minimum


class Softmax(Function):
    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: np.ndarray) -> np.ndarray:
        powers = np.exp(x - x.max(self.axis, keepdims=True))
        return powers / powers.sum(self.axis, keepdims=True)

    def backward(self, dy: Variable) -> Variable:
        """``y (dy − Σ dy y)``."""
        y = self.output()
        return y * (dy - sum(dy * y, self.axis, keepdims=True))


class LogSoftmax(Function):
    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: np.ndarray) -> np.ndarray:
        shifted = x - x.max(self.axis, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(self.axis, keepdims=True))

    def backward(self, dy: Variable) -> Variable:
        """``dy − softmax(x) Σ dy``."""
        return dy - softmax(self.inputs[0], self.axis) * sum(dy, self.axis, keepdims=True)


def sum(x: Array, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Return the sum over one axis, several or all."""
    return Sum(axis, keepdims)(x)


def mean(x: Array, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Return the mean over one axis, several or all."""
    x = as_variable(x)
    return sum(x, axis, keepdims) / math.prod(x.shape[axis] for axis in _axes(axis, x.ndim))


def max(x: Array, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Return the maximum over one axis, several or all; equal ones share the gradient."""
    return Max(axis, keepdims)(x)


def min(x: Array, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Return the minimum over one axis, several or all; equal ones share the gradient."""
    return Min(axis, keepdims)(x)


def softmax(x: Array, axis: int = -1) -> Variable:
    """Return ``exp xₖ / Σⱼ exp xⱼ`` along an axis, without overflow for any x."""
    return Softmax(axis)(x)


def log_softmax(x: Array, axis: int = -1) -> Variable:
    """Return ``log softmax(x)`` in one stable step."""
    return LogSoftmax(axis)(x)


def _axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)
