"""How each number of a layer's output is computed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from itertools import product as places
from typing import Any

import numpy as np

from trainer import models
from trainer.models.layer import Layer
from trainer.pages.explain.formulas import number, part, product, total

Unit = tuple[int, ...]
Parameters = dict[str, np.ndarray]


@singledispatch
def formula(layer: Layer, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str | None:
    """Return the right-hand side for one number of the output; None for layers that only pass on, or are not known.

    Args:
        layer: The layer.
        unit: The place of the number in the output.
        inputs: The inputs of the layer, each (*shape), without the batch axis.
        parameters: The parameters of the layer, by their short names.
    """
    return None


@formula.register
def _(layer: models.Linear, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    weights, bias = parameters["weight"][unit[0]], parameters.get("bias")
    return total([*zip(weights, inputs[0].ravel(), strict=True)], *([] if bias is None else [bias[unit[0]]]))


@formula.register
def _(layer: models.Conv2d, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    kernel, bias = parameters["weight"][unit[0]], parameters.get("bias")
    terms = [(kernel[(c, *tap)], inputs[0][(c, *place)])
             for c in range(len(kernel)) for tap, place in window(layer, unit[1:], inputs[0].shape)]  # fmt: skip
    return total(terms, *([] if bias is None else [bias[unit[0]]]))


@formula.register
def _(layer: models.MaxPool2d, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    cells = [inputs[0][(unit[0], *place)] for _, place in window(layer, unit[1:], inputs[0].shape)]
    return f"max({', '.join(map(number, cells))})"


@formula.register
def _(layer: models.AvgPool2d, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    cells = [(inputs[0][(unit[0], *place)],) for _, place in window(layer, unit[1:], inputs[0].shape)]
    return f"({total(cells)}) / {counted(layer, unit[1:], inputs[0].shape)}"


@formula.register
def _(layer: models.GlobalAvgPool, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    cells = inputs[0][unit[0]].ravel()
    return f"({total([(cell,) for cell in cells])}) / {len(cells)}"


@formula.register
def _(layer: models.BatchNorm, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    weight, bias, mean, variance = (
        parameters[name][unit[0]] for name in ("weight", "bias", "running_mean", "running_var")
    )
    centred = f"({part(inputs[0][unit])} - {part(mean)})"
    return f"{part(weight)}·{centred} / sqrt({part(variance)} + {part(layer.eps)}) + {part(bias)}"


@formula.register
def _(layer: models.ReLU, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    return f"max({number(inputs[0][unit])}, 0)"


@formula.register
def _(layer: models.LeakyReLU, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    return f"max({number(inputs[0][unit])}, {product(layer.negative_slope, inputs[0][unit])})"


@formula.register
def _(layer: models.Tanh, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    return f"tanh({number(inputs[0][unit])})"


@formula.register
def _(layer: models.Sigmoid, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    return f"1 / (1 + exp(-{part(inputs[0][unit])}))"


@formula.register
def _(layer: models.ELU, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    x = inputs[0][unit]
    return part(x) if x > 0 else f"{part(layer.alpha)}·(exp({number(x)}) - 1)"


@formula.register
def _(layer: models.Softplus, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    return f"log(1 + exp({number(inputs[0][unit])}))"


@formula.register
def _(layer: models.SiLU, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    x = part(inputs[0][unit])
    return f"{x} / (1 + exp(-{x}))"


@formula.register
def _(layer: models.GELU, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    x = part(inputs[0][unit])
    return f"0.5·{x}·(1 + tanh(0.797885·({x} + 0.044715·{x}·{x}·{x})))"


@formula.register
def _(layer: models.Softmax, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    powers = [f"exp({number(x[unit[1:]])})" for x in inputs[0]]
    return f"{powers[unit[0]]} / ({' + '.join(powers)})"


@formula.register
def _(layer: models.Add, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    return total([(x[unit],) for x in inputs])


@formula.register
def _(layer: models.Multiply, unit: Unit, inputs: Sequence[np.ndarray], parameters: Parameters) -> str:
    return product(*(x[unit] for x in inputs))


def window(layer: Any, unit: Unit, shape: tuple[int, ...]) -> list[tuple[Unit, Unit]]:
    """Return what a window over an image (C, H, W) covers: the place in the kernel, and that in the image.

    What lies in the padding is left out. `unit` is the row and the column of the output.
    """
    dilation = getattr(layer, "dilation", (1, 1))
    axes = zip(unit, layer.kernel_size, layer.stride, layer.padding, dilation, shape[1:], strict=True)
    rows, columns = (
        [(tap, place) for tap in range(size) if 0 <= (place := at * stride - padding + tap * step) < length]
        for at, size, stride, padding, step, length in axes
    )
    return [((i, j), (row, column)) for (i, row), (j, column) in places(rows, columns)]


def counted(layer: models.AvgPool2d, unit: Unit, shape: tuple[int, ...]) -> int:
    """Return the number of cells by which the sum of a window is divided."""
    count = 1
    for at, size, stride, padding, length in zip(
        unit, layer.kernel_size, layer.stride, layer.padding, shape[1:], strict=True
    ):
        low, high = (-padding, length + padding) if layer.count_include_pad else (0, length)
        start = at * stride - padding
        count *= min(start + size, high) - max(start, low)
    return count
