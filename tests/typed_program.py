"""A program as users write it: `.ci/types` checks it, a test runs it.

Where a line says `type: ignore`, the checker must find a mistake, and so must know the types.
"""

from typing import Any, assert_type

import numpy as np

from trainer import datasets, load, models
from trainer.models import Context, Layer
from trainer.models.autograd import Function, Variable, grad
from trainer.models.autograd import functions as F  # noqa: N812  its usual name
from trainer.models.layer import Shape
from trainer.runs.network import Network


class Scale(Layer):
    """``y = factor · x``."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        return np.multiply(x, self.factor, out=ctx.buffer("y", x.shape))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        return np.multiply(dy, self.factor, out=ctx.input_gradient()) if ctx.needs_input_gradient else None


class Square(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return x * x

    def backward(self, dy: Variable) -> Variable:
        (x,) = self.inputs
        return 2 * x * dy


def network() -> np.ndarray:
    """The outputs (3, 2) of a network with a user-defined layer."""
    layers: dict[str, Layer] = {"scale": Scale(0.5), "fc": models.Linear(3), "act": models.ReLU()}
    graph = models.build(layers, (4,))
    assert_type(graph, models.Graph)
    parameters = models.ParameterStore(graph.parameters, "float32")
    parameters["fc.weight"][...] = 1
    parameters["fc.bias"][...] = 0
    outputs = graph.forward(models.Workspace(graph, parameters), np.ones((4, 2), np.float32))
    assert_type(outputs, Any)  # an array, or with several outputs a dictionary of them: the graph decides
    return outputs


def derivative() -> float:
    """Of ``sum(x² + 3 exp(x))`` at 0."""
    x = Variable(np.zeros(1))
    y = (Square()(x) + 3 * F.exp(x)).sum()
    assert_type(y, Variable)
    assert_type(-x / 2 @ x.T, Variable)
    assert_type(np.ones(3) * x, Variable)
    (slope,) = grad(y, [x])
    return float(slope.reshape(()))


def mistakes() -> None:
    """What a checker has to find; never called."""
    models.Conv2d("three", 3)  # type: ignore[arg-type]
    models.Sequental({})  # type: ignore[attr-defined]
    models.losses.CrossEntropy(colour="red")  # type: ignore[call-arg]
    Variable(0) + "one"  # type: ignore[operator]
    np.exp(Variable(0))  # type: ignore[call-overload]
    assert_type(load("outputs/run"), Network)
    assert_type(datasets.Digits().read()[0], datasets.Examples)
