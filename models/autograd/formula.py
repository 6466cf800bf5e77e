"""Formulas as text, evaluated with Variables so that they can be differentiated."""

from __future__ import annotations

import ast
import difflib
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import numpy as np

from trainer.models.autograd import functions
from trainer.models.autograd.variable import Variable, as_variable, no_grad

Value = Variable | np.ndarray | float  # a comparison is an array
T = TypeVar("T")


def _over_features(reduction: Callable[..., Variable]) -> Callable[[Variable], Variable]:
    """Return a reduction over each example separately, whose result broadcasts against the example."""

    def reduce(x: Value) -> Variable:
        x = as_variable(x)
        return reduction(x, tuple(range(1, x.ndim)), keepdims=True)

    return reduce


CONSTANTS = {"pi": math.pi, "e": math.e}
OF_ONE: dict[str, Callable[..., Variable]] = {
    **{name: getattr(functions, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "softplus")},
    **{name: getattr(functions, name) for name in ("relu", "abs")},
    **{name: _over_features(getattr(functions, name)) for name in ("sum", "mean", "max", "min")},
    "softmax": lambda x: functions.softmax(x, 1),
    "log_softmax": lambda x: functions.log_softmax(x, 1),
}
OF_TWO: dict[str, Callable[..., Variable]] = {"maximum": functions.maximum, "minimum": functions.minimum}
OF_THREE: dict[str, Callable[..., Variable]] = {"where": functions.where}
FUNCTIONS = {
    name: (function, count)
    for count, table in enumerate((OF_ONE, OF_TWO, OF_THREE), start=1)
    for name, function in table.items()
}
OPERATORS: dict[type[ast.AST], Callable[..., Value]] = {
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


PARTS = (ast.UnaryOp, ast.BinOp, ast.Compare, ast.Call)
"""What computes a new array."""


class Formula:
    """An expression of named arrays with the batch first, such as ``x * sigmoid(beta * x)``.

    It may contain numbers, pi, e, the given names, ``+ - * / **``, comparisons (for ``where``) and the functions of
    this module. ``sum``, ``mean``, ``max`` and ``min`` reduce each example separately; ``softmax`` and ``log_softmax``
    run over the features or channels. The text is parsed and interpreted, never executed: attributes, subscripts, other
    calls and all else in Python are refused.

    Args:
        text: The expression.
        names: The names that it must use, all of them.

    Attributes:
        parts: How many operations and functions it has.

    Raises:
        ValueError: The text is not allowed; the message begins with ``formula:``.
    """

    def __init__(self, text: str, names: Iterable[str]) -> None:
        self.text, self.names = text, tuple(names)
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
            used = {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)}
            self.parts = sum(isinstance(node, PARTS) for node in ast.walk(self._tree))
            with no_grad(), np.errstate(all="ignore"):  # evaluating it reaches every part, and so every mistake
                self(**{name: Variable(np.ones((1, 1))) for name in self.names})
        except SyntaxError as error:
            raise ValueError(f"formula: {text!r} is not an expression: {error.msg}") from None
        except (RecursionError, MemoryError):
            raise ValueError("formula: is nested too deeply") from None
        except (ArithmeticError, TypeError) as error:
            raise ValueError(f"formula: {text!r} has no value: {error.args[-1]}") from None
        for name in self.names:
            if name not in used:
                raise ValueError(f"formula: {text!r} does not use {name!r}")

    def __call__(self, **values: Variable) -> Variable:
        """Return the value of the formula, given a value for each name."""
        return as_variable(self._evaluate(self._tree, values))

    def _evaluate(self, node: ast.expr, values: Mapping[str, Variable]) -> Value:
        match node:
            case ast.Constant(value=bool() | complex() | None | str() | bytes()):
                pass
            case ast.Constant(value=int() | float() as number):
                return float(number)  # integer powers of integers could grow without limit
            case ast.Name(id=name):
                known: dict[str, Value] = {**CONSTANTS, **values}
                return _find(name, known, "name")
            case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
                return OPERATORS[type(op)](self._evaluate(operand, values))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return OPERATORS[type(op)](self._evaluate(left, values), self._evaluate(right, values))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in OPERATORS:
                return OPERATORS[type(op)](self._evaluate(left, values), self._evaluate(right, values))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                function, count = _find(name, FUNCTIONS, "function")
                if len(arguments) != count:
                    raise ValueError(f"formula: {name} takes {count} argument{'s' * (count > 1)}, got {len(arguments)}")
                return function(*(self._evaluate(argument, values) for argument in arguments))
        hint = "; write ** for powers" if isinstance(getattr(node, "op", None), ast.BitXor) else ""
        raise ValueError(f"formula: {ast.unparse(node)!r} is not allowed in a formula{hint}")


def _find(name: str, known: Mapping[str, T], kind: str) -> T:
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(sorted(known))}"
    raise ValueError(f"formula: no {kind} {name!r}; {hint}")
