"""How each number of the gradients is computed: of a layer's inputs, and of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

import numpy as np

from trainer import models
from trainer.models.layer import Layer
from trainer.pages.explain.formulas import part, product, total
from trainer.pages.explain.forward import Parameters, Unit, counted, window


class Around:
    """What a layer's backward pass works with: its inputs, output y, the gradient dy of y, and its parameters."""

    def __init__(self, inputs: Sequence[np.ndarray], y: np.ndarray, dy: np.ndarray, parameters: Parameters) -> None:
        self.inputs, self.y, self.dy, self.parameters = inputs, y, dy, parameters

    @property
    def x(self) -> np.ndarray:
        """The first input."""
        return self.inputs[0]


@singledispatch
def by_input(layer: Layer, unit: Unit, which: int, around: Around) -> str | None:
    """Return the right-hand side of the gradient of one number of input `which`; None if the layer is not known."""
    return None


@singledispatch
def by_parameter(layer: Layer, name: str, unit: Unit, around: Around) -> str | None:
    """Return the right-hand side of the gradient of one number of a parameter; None if the layer is not known."""
    return None


@by_input.register
def _(layer: models.Linear, unit: Unit, which: int, around: Around) -> str:
    place = int(np.ravel_multi_index(unit, around.x.shape))
    return total([*zip(around.parameters["weight"][:, place], around.dy, strict=True)])


@by_parameter.register
def _(layer: models.Linear, name: str, unit: Unit, around: Around) -> str:
    dy = around.dy[unit[0]]
    return part(dy) if name == "bias" else product(dy, around.x.ravel()[unit[1]])


@by_input.register
def _(layer: models.Conv2d, unit: Unit, which: int, around: Around) -> str:
    kernels, (channel, *place) = around.parameters["weight"], unit
    terms = []
    for at in np.ndindex(around.dy.shape[1:]):
        taps = [tap for tap, cell in window(layer, at, around.x.shape) if cell == tuple(place)]
        terms += [(kernels[(o, channel, *tap)], around.dy[(o, *at)]) for tap in taps for o in range(len(kernels))]
    return total(terms)


@by_parameter.register
def _(layer: models.Conv2d, name: str, unit: Unit, around: Around) -> str:
    dy = around.dy[unit[0]]
    if name == "bias":
        return total([(each,) for each in dy.ravel()])
    channel, tap = unit[1], tuple(unit[2:])
    terms = []
    for at in np.ndindex(dy.shape):
        cells = dict(window(layer, at, around.x.shape))
        terms += [(dy[at], around.x[(channel, *cells[tap])])] if tap in cells else []
    return total(terms)


@by_input.register
def _(layer: models.MaxPool2d, unit: Unit, which: int, around: Around) -> str:
    channel, *place = unit
    terms = []
    for at in np.ndindex(around.dy.shape[1:]):
        cells = [cell for _, cell in window(layer, at, around.x.shape)]
        largest = cells[int(np.argmax([around.x[(channel, *cell)] for cell in cells]))]
        terms += [(around.dy[(channel, *at)],)] if largest == tuple(place) else []
    return total(terms)


@by_input.register
def _(layer: models.AvgPool2d, unit: Unit, which: int, around: Around) -> str:
    channel, *place = unit
    terms = (
        f"{part(around.dy[(channel, *at)])} / {counted(layer, at, around.x.shape)}"
        for at in np.ndindex(around.dy.shape[1:])
        if any(cell == tuple(place) for _, cell in window(layer, at, around.x.shape))
    )
    return " + ".join(terms) or "0"


@by_input.register
def _(layer: models.GlobalAvgPool, unit: Unit, which: int, around: Around) -> str:
    return f"{part(around.dy[unit[0]])} / {around.x[0].size}"


@by_input.register
def _(layer: models.BatchNorm, unit: Unit, which: int, around: Around) -> str:
    weight, variance = (around.parameters[name][unit[0]] for name in ("weight", "running_var"))
    return f"{product(around.dy[unit], weight)} / sqrt({part(variance)} + {part(layer.eps)})"


@by_parameter.register
def _(layer: models.BatchNorm, name: str, unit: Unit, around: Around) -> str:
    dy, x = around.dy[unit[0]].ravel(), around.x[unit[0]].ravel()
    if name == "bias":
        return total([(each,) for each in dy])
    mean, variance = (around.parameters[each][unit[0]] for each in ("running_mean", "running_var"))
    return f"({total([*zip(dy, x - mean, strict=True)])}) / sqrt({part(variance)} + {part(layer.eps)})"


@by_input.register
def _(layer: models.ReLU, unit: Unit, which: int, around: Around) -> str:
    return product(around.dy[unit], float(around.x[unit] > 0))


@by_input.register
def _(layer: models.LeakyReLU, unit: Unit, which: int, around: Around) -> str:
    return product(around.dy[unit], 1.0 if around.x[unit] > 0 else layer.negative_slope)


@by_input.register
def _(layer: models.Tanh, unit: Unit, which: int, around: Around) -> str:
    y = part(around.y[unit])
    return f"{part(around.dy[unit])}·(1 - {y}·{y})"


@by_input.register
def _(layer: models.Sigmoid, unit: Unit, which: int, around: Around) -> str:
    y = part(around.y[unit])
    return f"{part(around.dy[unit])}·{y}·(1 - {y})"


@by_input.register
def _(layer: models.ELU, unit: Unit, which: int, around: Around) -> str:
    if around.x[unit] > 0:
        return product(around.dy[unit], 1.0)
    return f"{part(around.dy[unit])}·({part(around.y[unit])} + {part(layer.alpha)})"


@by_input.register
def _(layer: models.Softplus, unit: Unit, which: int, around: Around) -> str:
    return f"{part(around.dy[unit])}·(1 - exp(-{part(around.y[unit])}))"


@by_input.register
def _(layer: models.SiLU, unit: Unit, which: int, around: Around) -> str:
    x, y = part(around.x[unit]), part(around.y[unit])
    return f"{part(around.dy[unit])}·(1 + {x} - {y}) / (1 + exp(-{x}))"


@by_input.register
def _(layer: models.Softmax, unit: Unit, which: int, around: Around) -> str:
    mean = total([(y[unit[1:]], dy[unit[1:]]) for y, dy in zip(around.y, around.dy, strict=True)])
    return f"{part(around.y[unit])}·({part(around.dy[unit])} - ({mean}))"


@by_input.register
def _(layer: models.Add, unit: Unit, which: int, around: Around) -> str:
    return part(around.dy[unit])


@by_input.register
def _(layer: models.Multiply, unit: Unit, which: int, around: Around) -> str:
    return product(around.dy[unit], *(x[unit] for place, x in enumerate(around.inputs) if place != which))
