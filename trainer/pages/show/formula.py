"""Formulas as trees that JavaScript evaluates, see trainer/pages/assets/show/layers/expression.js."""

import ast
from typing import Any

from trainer.models.autograd.formula import CONSTANTS, Formula

OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=",
}  # fmt: skip

Tree = float | str | list[Any]
"""A number, a name, or a list: an operator or function, and its parts."""


def tree(formula: Formula) -> Tree:
    """Return the tree of a formula, such as ``["*", "x", ["sigmoid", "x"]]``."""
    return _tree(ast.parse(formula.text.strip(), mode="eval").body, formula)


def _tree(node: ast.expr, formula: Formula) -> Tree:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return name if name in formula.names else CONSTANTS[name]
        case ast.UnaryOp(op=op, operand=operand):
            part = _tree(operand, formula)
            return ["neg", part] if isinstance(op, ast.USub) else part
        case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
            return [OPERATORS[type(op)], _tree(left, formula), _tree(right, formula)]
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return [name, *(_tree(argument, formula) for argument in arguments)]
    raise AssertionError("a Formula holds nothing else")
