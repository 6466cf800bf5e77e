"""Activations and their derivatives."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import numpy as np

from trainer import models
from trainer.models.layers.activation import Activation
from trainer.views import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3
REACH = 5.0  # drawn over [-REACH, REACH]
POINTS = 1001


def draw_activations() -> Figure:
    """Draw a panel for each activation of `models`, with its default options: y = f(x) and dy/dx.

    Softmax is drawn for the first of three features, x, 0 and 0.
    """
    layers = activations()
    rows = -(-len(layers) // COLUMNS)
    figure = style.new_figure(3.4 * COLUMNS, 2.7 * rows)
    x = np.linspace(-REACH, REACH, POINTS)
    for number, (name, layer) in enumerate(layers.items(), start=1):
        axes = figure.add_subplot(rows, COLUMNS, number)
        style.style_axes(axes, f"{name} of (x, 0, 0)" if name == "Softmax" else name)
        curves = zip(evaluate(layer, x), ("y", "dy/dx"), (style.VALIDATION, style.BEST), strict=True)
        for values, label, colour in curves:
            axes.plot(x, values, color=colour, label=label, linewidth=1.8)
        axes.set_ylim(-1.2, 2.2)
        if number == 1:
            axes.legend(frameon=False, fontsize=9, labelcolor=style.INK, handlelength=1.4, loc="upper left")
    return figure


def activations() -> dict[str, models.Layer]:
    """Return every elementwise activation that `models` exports, and Softmax, with default options."""
    kinds = {name: kind for name, kind in sorted(vars(models).items()) if isinstance(kind, type)}
    elementwise = [n for n, kind in kinds.items() if issubclass(kind, Activation) and not inspect.isabstract(kind)]
    return {name: kinds[name]() for name in [*elementwise, "Softmax"]}


def evaluate(layer: models.Layer, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the layer's output and derivative at every x (N,), computed by its own forward and backward."""
    features = 3 if isinstance(layer, models.Softmax) else 1
    builder = models.GraphBuilder({"x": (features,)})
    builder.add("y", layer, ["x"])
    graph = builder.finish()
    workspace = models.Workspace(graph, models.ParameterStore(graph.parameters, x.dtype), input_gradients=True)
    inputs, dy = np.zeros((2, features, len(x)))
    inputs[0], dy[0] = x, 1
    y = graph.forward(workspace, inputs)[0].copy()
    (dx,) = graph.backward(workspace, dy)
    return y, dx[0].copy()
