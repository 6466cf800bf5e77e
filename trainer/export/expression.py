"""Formulas in terms of ONNX operators; see `models.autograd.formula.Formula` for what they may hold."""

import ast

from trainer import models
from trainer.export.writer import Writer
from trainer.ground.errors import ExportError
from trainer.models.autograd.formula import CONSTANTS

OPERATORS = {
    ast.Add: "Add",
    ast.Sub: "Sub",
    ast.Mult: "Mul",
    ast.Div: "Div",
    ast.Pow: "Pow",
    ast.Gt: "Greater",
    ast.GtE: "GreaterOrEqual",
    ast.Lt: "Less",
    ast.LtE: "LessOrEqual",
}
OVER_FEATURES = {"mean": "ReduceMean", "max": "ReduceMax", "min": "ReduceMin"}
OVER_CHANNELS = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}
ELEMENTWISE = {"exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "softplus", "relu", "abs"}
OF_TWO = {"maximum": "Max", "minimum": "Min"}


def write(layer: models.Expression, node: Writer) -> str:
    """Write a formula; return the name of its output. Raises ExportError for operations without translation."""
    rank = len(node.input_shapes[0])
    values = dict(zip(layer.names, node.inputs, strict=True))
    values |= {name: node.parameter(name) for name in layer.scalars}
    column = [-1] + [1] * (rank - 1)
    for name in layer.channels:
        values[name] = node.emit("Reshape", node.parameter(name), node.constant(column, "int64"))
    tree = ast.parse(layer.formula.text.strip(), mode="eval").body
    return _write(tree, values, list(range(1, rank + 1)), node)


def _write(tree: ast.expr, values: dict[str, str], axes: list[int], node: Writer) -> str:
    """Write one part of a formula, and return the name of its value. `axes` are all but the batch's."""

    def part(inner: ast.expr) -> str:
        return _write(inner, values, axes, node)

    match tree:
        case ast.Constant(value=int() | float() as number):
            return node.constant(number)
        case ast.Name(id=name):
            return values[name] if name in values else node.constant(CONSTANTS[name])
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return node.emit("Neg", part(operand))
        case ast.UnaryOp(operand=operand):
            return part(operand)
        case ast.BinOp(left=left, op=op, right=right):
            return node.emit(OPERATORS[type(op)], part(left), part(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return node.cast(node.emit(OPERATORS[type(op)], part(left), part(right)), "float32")
        case ast.Call(func=ast.Name(id="where"), args=[condition, yes, no]):
            return node.emit("Where", node.cast(part(condition), "bool"), part(yes), part(no))
        case ast.Call(func=ast.Name(id="sum"), args=[x]):
            return node.emit("ReduceSum", part(x), node.constant(axes, "int64"))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            inputs = [part(argument) for argument in arguments]
            if name in OVER_FEATURES:
                return node.emit(OVER_FEATURES[name], *inputs, axes=axes)
            if name in OVER_CHANNELS:
                return node.emit(OVER_CHANNELS[name], *inputs, axis=1)
            if name in ELEMENTWISE | OF_TWO.keys():
                return node.emit(OF_TWO.get(name, name.capitalize()), *inputs)
    raise ExportError(f"{node.name}: {ast.unparse(tree)!r} has no ONNX translation")
