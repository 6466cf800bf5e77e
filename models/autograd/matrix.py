"""Matrix products."""

from __future__ import annotations

import numpy as np

from trainer.models.autograd.arithmetic import Binary
from trainer.models.autograd.shape import Array, reshape, transpose
from trainer.models.autograd.variable import Variable, as_variable


class MatMul(Binary):
    """``Y = A B`` for matrices, or for stacks of them that broadcast: ``dA = dY Bᵀ``, ``dB = Aᵀ dY``."""

    def forward(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a @ b

    def backward(self, dy: Variable) -> tuple[Variable, Variable]:
        a, b = self.inputs
        return matmul(dy, _transpose(b)), matmul(_transpose(a), dy)


def matmul(a: Array, b: Array) -> Variable:
    """Return ``a @ b``: (…, n, k) by (…, k, m); a vector on the left is a row, one on the right a column."""
    a, b = as_variable(a), as_variable(b)
    if a.ndim > 1 and b.ndim > 1:
        return MatMul()(a, b)
    if not a.ndim or not b.ndim:
        raise ValueError("matmul: needs vectors or matrices, got a scalar; multiply by * instead")
    rows = a if a.ndim > 1 else reshape(a, (1, -1))
    y = MatMul()(rows, b if b.ndim > 1 else reshape(b, (-1, 1)))
    return reshape(y, (*y.shape[:-2], *rows.shape[-2:-1] * (a.ndim > 1), *b.shape[-1:] * (b.ndim > 1)))


def linear(x: Array, weight: Array, bias: Array | None = None) -> Variable:
    """Return ``y = x Wᵀ + b``: x (…, in), W (out, in), b (out), y (…, out), as in PyTorch."""
    y = matmul(x, _transpose(as_variable(weight)))
    return y if bias is None else y + bias


def _transpose(x: Variable) -> Variable:
    *stack, rows, columns = range(x.ndim)
    return transpose(x, (*stack, columns, rows))
