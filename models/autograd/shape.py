"""Functions that move, copy, pick and convert elements. Each is linear, so its backward is its adjoint."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from trainer.models.autograd.function import Function, promote
from trainer.models.autograd.operators import plain
from trainer.models.autograd.variable import Variable, as_variable

Array = Variable | np.ndarray


class AsType(Function):
    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x.astype(self.dtype)

    def backward(self, dy: Variable) -> Variable | None:
        return dy if self.dtype.kind == "f" else None  # integers and bools have no gradient


class Reshape(Function):
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x.reshape(self.shape)

    def backward(self, dy: Variable) -> Variable:
        return reshape(dy, self.inputs[0].shape)


class Transpose(Function):
    def __init__(self, axes: tuple[int, ...] | None) -> None:
        self.axes = axes

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x.transpose(self.axes)

    def backward(self, dy: Variable) -> Variable:
        if self.axes is None:
            return transpose(dy)
        return transpose(dy, np.argsort([axis % dy.ndim for axis in self.axes]).tolist())


class BroadcastTo(Function):
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.broadcast_to(x, self.shape)

    def backward(self, dy: Variable) -> Variable:
        return sum_to(dy, self.inputs[0].shape)


class SumTo(Function):
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: np.ndarray) -> np.ndarray:
        added = x.ndim - len(self.shape)
        pairs = zip(self.shape, x.shape[added:], strict=True)
        if added < 0 or any(wanted not in (1, given) for wanted, given in pairs):
            raise ValueError(f"sum_to: an array of shape {self.shape} does not broadcast to {x.shape}")
        ones = tuple(added + axis for axis, size in enumerate(self.shape) if size == 1)
        return x.sum((*range(added), *ones)).reshape(self.shape)

    def backward(self, dy: Variable) -> Variable:
        return broadcast_to(dy, self.inputs[0].shape)


class GetItem(Function):
    def __init__(self, index: Any) -> None:
        self.index = index

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x[self.index]

    def backward(self, dy: Variable) -> Variable:
        return PutItem(self.index, self.inputs[0].shape)(dy)


class PutItem(Function):
    """Zeros with the elements of y added at their places; a place that was picked twice receives two."""

    def __init__(self, index: Any, shape: tuple[int, ...]) -> None:
        self.index, self.shape = index, shape

    def forward(self, y: np.ndarray) -> np.ndarray:
        x = np.zeros(self.shape, y.dtype)
        np.add.at(x, self.index, y)
        return x

    def backward(self, dx: Variable) -> Variable:
        return getitem(dx, self.index)


class Concatenate(Function):
    operands = staticmethod(promote)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, *arrays: np.ndarray) -> np.ndarray:
        return np.concatenate(arrays, self.axis)

    def backward(self, dy: Variable) -> tuple[Variable, ...]:
        ends = np.cumsum([x.shape[self.axis] for x in self.inputs]).tolist()
        whole = (slice(None),) * (self.axis % dy.ndim)
        return tuple(dy[*whole, slice(*ends)] for ends in pairwise([0, *ends]))


class Pad(Function):
    def __init__(self, widths: Sequence[tuple[int, int]], value: float) -> None:
        self.widths, self.value = widths, value

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.pad(x, self.widths, constant_values=self.value)

    def backward(self, dy: Variable) -> Variable:
        pairs = zip(self.widths, self.inputs[0].shape, strict=True)
        return getitem(dy, tuple(slice(before, before + size) for (before, _), size in pairs))


def astype(x: Array, dtype: DTypeLike) -> Variable:
    """Return ``x`` in another dtype; integers and bools have no gradient."""
    x, dtype = as_variable(x), np.dtype(dtype)
    return x if x.dtype == dtype else AsType(dtype)(x)


def reshape(x: Array, *shape: int | Sequence[int]) -> Variable:
    """Return the elements of ``x`` in another shape, given as numbers, a tuple or a list; one axis may be -1."""
    return Reshape(_unpack(shape))(x)


def transpose(x: Array, *axes: int | Sequence[int] | None) -> Variable:
    """Return the axes of ``x`` in another order, given as numbers, a tuple or a list; by default reversed."""
    order = _unpack(axes)
    return Transpose(None if order in ((), (None,)) else order)(x)


def broadcast_to(x: Array, shape: Sequence[int]) -> Variable:
    """Return ``x`` repeated to ``shape``, by NumPy's rules."""
    return BroadcastTo(tuple(shape))(x)


def sum_to(x: Array, shape: Sequence[int]) -> Variable:
    """Return ``x`` summed to ``shape``, which must broadcast to the shape of ``x``."""
    x = as_variable(x)
    return x if x.shape == tuple(shape) else SumTo(tuple(shape))(x)


def getitem(x: Array, index: Any) -> Variable:
    """Return ``x[index]``, with any NumPy index; arrays in it may be Variables."""
    return GetItem(tuple(map(plain, index)) if isinstance(index, tuple) else plain(index))(x)


def concatenate(arrays: Sequence[Array], axis: int = 0) -> Variable:
    """Return the arrays one after another along an axis; their other axes are alike."""
    return Concatenate(axis)(*arrays)


def pad(x: Array, widths: Sequence[tuple[int, int]], value: float = 0.0) -> Variable:
    """Return ``x`` surrounded by ``value``: ``widths`` elements before and after it along each axis."""
    return Pad(widths, value)(x)


def _unpack(arguments: tuple) -> tuple:
    return tuple(arguments[0]) if len(arguments) == 1 and isinstance(arguments[0], tuple | list) else arguments
