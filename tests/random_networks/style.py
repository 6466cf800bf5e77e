"""The style of one random network, drawn once, from which all its layers are drawn."""

from __future__ import annotations

from random import Random
from typing import Any

Layer = dict[str, Any]

SMOOTH = ["Tanh", "Sigmoid", "Softplus", "SiLU", "GELU", "Softmax"]
KINKED = ["ReLU", "ReLU", "ReLU", "LeakyReLU", "ELU"]
WHOLE_IMAGE = 6  # rows and columns of an image that one kernel may cover
FORMULAS: list[tuple[str, dict[str, float], dict[str, float]]] = [  # with parameters and those of each channel
    ("x * sigmoid(beta * x)", {"beta": 1.0}, {}),
    ("gain * x + shift", {}, {"gain": 1.0, "shift": 0.1}),
    ("maximum(x, slope * x)", {}, {"slope": 0.25}),
    ("where(x > 0, x, alpha * (exp(minimum(x, 0)) - 1))", {"alpha": 0.7}, {}),
    ("x / (1 + abs(x))", {}, {}),
    ("x * tanh(softplus(x))", {}, {}),
    ("tanh(a * x) + b * sin(x)", {"a": 0.8}, {"b": 0.5}),
    ("gain * x / sqrt(mean(x ** 2) + 0.1)", {}, {"gain": 1.0}),
    ("x - mean(x) + bias", {}, {"bias": 0.2}),
    ("log_softmax(x) / 3", {}, {}),
]
FORMULAS_OF_TWO: list[tuple[str, dict[str, float], dict[str, float]]] = [
    ("x * sigmoid(y)", {}, {}),
    ("a * x + (1 - a) * y", {"a": 0.3}, {}),
    ("tanh(x) + gain * y", {}, {"gain": 0.5}),
    ("relu(x) * cos(y)", {}, {}),
]


class Style:
    """Draws layers, with sizes from a few that belong to the network, so that different layers share shapes.

    All convolutions have padding 0 or one width, so that a valid one and a padded one have columns of equal shape.
    """

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        size = rng.choice([3, 3, 3, 3, 3, 5, 2, 4])
        self._kernels = [size] * 3
        if rng.random() < 0.6:
            self._kernels += [rng.randint(1, 5), [rng.randint(1, 5), rng.randint(1, 5)]]
        self._padding = rng.choice([max(1, (size - 1) // 2), 1, 2])
        few, many = rng.choice([1, 2, 3, 4, 5, 6]), rng.choice([8, 8, 12, 16, 24, 32, 48])
        other = rng.randint(1, 8)
        self._channels = rng.choice([[few], [few, 2 * few], [few, other], [many], [many, 2 * many], [8, 16]])
        self._probabilities = {"norm": rng.choice([0.0, 0.3, 0.8]), "activation": rng.choice([0.3, 0.8])}
        self._probabilities["sharing"] = rng.choice([0.0, 0.0, 0.0, 0.0, 0.5])
        self._activations = [rng.choice([rng.choice(KINKED), rng.choice(SMOOTH)]) for _ in range(2)]

    def chance(self, what: str) -> bool:
        """Return whether to add a ``norm``, an ``activation`` or ``sharing`` of parameters now."""
        return self.rng.random() < self._probabilities[what]

    def width(self) -> int:
        """Return a number of channels or features."""
        return min(48, self.rng.choice(self._channels))

    def convolution(self, height: int, width: int) -> Layer:
        """Return a convolution of any kernel; on a small image sometimes as large as the image."""
        rng = self.rng
        options: Layer = {"out_channels": self.width(), "kernel_size": rng.choice(self._kernels)}
        if max(height, width) <= WHOLE_IMAGE and rng.random() < 0.2:
            return self._layer("Conv2d", options | {"kernel_size": [height, width]}, bias=rng.random() < 0.6)
        options["padding"] = rng.choice([0, self._padding])
        if rng.random() < 0.15:
            options["stride"] = rng.choice([2, 2, 3, [1, 2], [2, 1]])
        if rng.random() < 0.1:
            options["dilation"] = rng.choice([2, 2, 3, [1, 2], [2, 1]])
        return self._layer("Conv2d", options, bias=rng.random() < 0.6)

    def same(self, rank: int, width: int, stride: int = 1) -> Layer:
        """Return a layer of ``width`` outputs that keeps the size of an image, or divides it by the stride."""
        if rank == 1:
            return self.linear(width)
        size = self.rng.choice([k for k in self._kernels if k in (1, 3, 5)] or [3])
        options = {"out_channels": width, "kernel_size": size, "padding": size // 2}
        return self._layer("Conv2d", options | ({"stride": stride} if stride > 1 else {}), bias=self.rng.random() < 0.6)

    def linear(self, width: int | None = None) -> Layer:
        return self._layer("Linear", {"out_features": width or self.width()}, bias=self.rng.random() < 0.8)

    def norm(self) -> Layer:
        options = {"momentum": self.rng.choice([0.1, 0.1, 0.3, 1.0]), "eps": self.rng.choice([1e-5, 1e-5, 1e-3, 0.1])}
        return self._layer("BatchNorm", options)

    def activation(self) -> Layer:
        kind = self.rng.choice(self._activations)
        options = {"LeakyReLU": {"negative_slope": 0.1}, "ELU": {"alpha": self.rng.choice([1.0, 0.5])}}
        return self._layer(kind, options.get(kind, {}))

    def pool(self) -> Layer:
        rng, kind = self.rng, self.rng.choice(["MaxPool2d", "MaxPool2d", "AvgPool2d"])
        size = rng.choice([2, 2, 2, 3, 3, [2, 3], [3, 1]])
        options: Layer = {"kernel_size": size}
        if rng.random() < 0.5:
            options["stride"] = rng.choice([1, 2, 2, 3, [2, 1]])
        if rng.random() < 0.3 and size != [3, 1]:
            options["padding"] = 1
        if rng.random() < 0.3:
            options["ceil_mode"] = True
        if kind == "AvgPool2d" and rng.random() < 0.5:
            options["count_include_pad"] = False
        return self._layer(kind, options)

    def dropout(self) -> Layer:
        """Return a dropout that lets everything pass, since engines draw different random numbers."""
        return self._layer("Dropout", {"p": 0.0})

    def expression(self) -> Layer:
        return self._expression(*self.rng.choice(FORMULAS))

    def expression_of_two(self) -> Layer:
        return self._expression(*self.rng.choice(FORMULAS_OF_TWO), names=["x", "y"])

    def _expression(self, formula: str, scalars: dict, channels: dict, **options: Any) -> Layer:
        given = {"parameters": dict(scalars), "channel_parameters": dict(channels), **options}
        return self._layer("Expression", {"formula": formula} | {name: value for name, value in given.items() if value})

    def _layer(self, kind: str, options: Layer, bias: bool = True) -> Layer:
        return {"_target_": f"models.{kind}", **options, **({} if bias else {"bias": False})}
