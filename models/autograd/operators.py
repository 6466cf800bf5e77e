"""Operators and methods of Variables: ``a + b`` is ``add(a, b)``, ``x.sum()`` is ``sum(x)``."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike

if TYPE_CHECKING:
    from trainer.models.autograd.function import Operand
    from trainer.models.autograd.reduction import Axis
    from trainer.models.autograd.variable import Variable


class Operators:
    """Operators and methods of Variables; the base of :class:`~models.autograd.Variable`.

    This module cannot import the functions, since they need Variables. The package sets them when it is imported.
    """

    functions: ClassVar[ModuleType]
    data: np.ndarray

    __hash__ = object.__hash__  # a class that defines __eq__ would lose it

    def __eq__(self, other: object) -> Any:  # an array of bools, like the other five
        return self.data == plain(other)

    def __ne__(self, other: object) -> Any:
        return self.data != plain(other)

    def __lt__(self, other: Operand) -> Any:
        return self.data < plain(other)

    def __le__(self, other: Operand) -> Any:
        return self.data <= plain(other)

    def __gt__(self, other: Operand) -> Any:
        return self.data > plain(other)

    def __ge__(self, other: Operand) -> Any:
        return self.data >= plain(other)

    def __contains__(self, value: object) -> bool:
        return plain(value) in self.data

    def __add__(self, other: Operand) -> Variable:
        return self.functions.add(self, other)

    def __radd__(self, other: Operand) -> Variable:
        return self.functions.add(self, other)

    def __sub__(self, other: Operand) -> Variable:
        return self.functions.sub(self, other)

    def __rsub__(self, other: Operand) -> Variable:
        return self.functions.sub(other, self)

    def __mul__(self, other: Operand) -> Variable:
        return self.functions.mul(self, other)

    def __rmul__(self, other: Operand) -> Variable:
        return self.functions.mul(self, other)

    def __truediv__(self, other: Operand) -> Variable:
        return self.functions.div(self, other)

    def __rtruediv__(self, other: Operand) -> Variable:
        return self.functions.div(other, self)

    def __pow__(self, other: Operand) -> Variable:
        return self.functions.pow(self, other)

    def __rpow__(self, other: Operand) -> Variable:
        return self.functions.pow(other, self)

    def __matmul__(self, other: Variable | np.ndarray) -> Variable:
        return self.functions.matmul(self, other)

    def __rmatmul__(self, other: np.ndarray) -> Variable:
        return self.functions.matmul(other, self)

    def __pos__(self) -> Self:
        return self

    def __neg__(self) -> Variable:
        return self.functions.neg(self)

    def __abs__(self) -> Variable:
        return self.functions.abs(self)

    def __getitem__(self, index: Any) -> Variable:
        return self.functions.getitem(self, index)

    def astype(self, dtype: DTypeLike) -> Variable:
        """Return the same elements in another dtype; integers and bools have no gradient."""
        return self.functions.astype(self, dtype)

    def reshape(self, *shape: int | tuple[int, ...] | list[int]) -> Variable:
        """Return the elements in another shape, given as numbers, a tuple or a list; one axis may be -1."""
        return self.functions.reshape(self, *shape)

    def transpose(self, *axes: int | tuple[int, ...] | list[int] | None) -> Variable:
        """Return the axes in another order, given as numbers, a tuple or a list; by default reversed."""
        return self.functions.transpose(self, *axes)

    @property
    def T(self) -> Variable:  # noqa: N802  NumPy's name
        return self.functions.transpose(self)

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Variable:
        """Return the sum over one axis, several or all."""
        return self.functions.sum(self, axis, keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Variable:
        """Return the mean over one axis, several or all."""
        return self.functions.mean(self, axis, keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Variable:
        """Return the maximum over one axis, several or all; equal ones share the gradient."""
        return self.functions.max(self, axis, keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Variable:
        """Return the minimum over one axis, several or all; equal ones share the gradient."""
        return self.functions.min(self, axis, keepdims)


def plain(value: Any) -> Any:
    """Return the array of a Variable; anything else as it is."""
    return value.data if isinstance(value, Operators) else value
