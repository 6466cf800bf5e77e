"""The formula of an `Expression` layer in PyTorch."""

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

NEVER_LINEAR = 40.0  # beyond it softplus(x) is exactly x in float64; PyTorch's default, 20, is too small


def _of_each_example(reduction: Callable[..., torch.Tensor]) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a reduction over all axes but the first that keeps them with length 1."""

    def reduce(x: torch.Tensor) -> torch.Tensor:
        axes = tuple(range(1, x.ndim))
        return reduction(x, axes, keepdim=True) if axes else x

    return reduce


CONSTANTS = {"pi": math.pi, "e": math.e}
FUNCTIONS = {
    **{name: getattr(torch, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "abs")},
    **{name: getattr(torch, name) for name in ("maximum", "minimum", "where")},
    "softplus": lambda x: functional.softplus(x, threshold=NEVER_LINEAR),
    "softmax": lambda x: torch.softmax(x, 1),
    "log_softmax": lambda x: torch.log_softmax(x, 1),
    "sum": _of_each_example(torch.sum),
    "mean": _of_each_example(torch.mean),
    "max": _of_each_example(torch.amax),
    "min": _of_each_example(torch.amin),
}
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


class Formula(nn.Module):
    """A formula of batch-first tensors, given in the order of `names`; the last `channels` of them are (C)."""

    def __init__(self, formula: str, names: Sequence[str], channels: int) -> None:
        super().__init__()
        self._names, self._channels = names, channels  # the other names are left for the layer's parameters
        self._tree = ast.parse(formula.strip(), mode="eval").body

    def forward(self, *given: torch.Tensor) -> torch.Tensor:
        first = len(given) - self._channels
        rest = (1,) * (given[0].ndim - 2)  # axes for the rows and columns after the channel
        values = [*given[:first], *(value.reshape(-1, *rest) for value in given[first:])]
        return _evaluate(self._tree, dict(zip(self._names, values, strict=True)))


def _evaluate(node: ast.expr, values: Mapping[str, torch.Tensor]) -> torch.Tensor:
    match node:
        case ast.Constant(value=number):
            return _scalar(number)
        case ast.Name(id=name):
            return values[name] if name in values else _scalar(CONSTANTS[name])
        case ast.UnaryOp(op=op, operand=operand):
            return OPERATORS[type(op)](_evaluate(operand, values))
        case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
            return OPERATORS[type(op)](_evaluate(left, values), _evaluate(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name](*(_evaluate(argument, values) for argument in arguments))
    raise ValueError(f"{ast.unparse(node)!r} has no counterpart in PyTorch here; add it to torch_formula.py")


def _scalar(number: Any) -> torch.Tensor:
    """Return a number as a tensor without axes, which does not change the dtype of other operands."""
    return torch.tensor(number, dtype=torch.float64)
