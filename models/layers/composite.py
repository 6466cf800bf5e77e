"""Groups of layers that unfold into nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trainer.ground.options import check_range
from trainer.models.builder import Composite, Scope
from trainer.models.layers.combine import Add

MOST_TIMES = 1000


class Sequential(Composite):
    """Layers one after the other, under one name."""

    raw_options = ("layers",)

    def __init__(self, layers: Mapping[str, Any]) -> None:
        self.layers = layers

    def expand(self, scope: Scope, inputs: Sequence[str]) -> str:
        return scope.stack(self.layers, inputs)


class Repeat(Composite):
    """The same layers several times in a row, each time with their own parameters."""

    raw_options = ("layers",)

    def __init__(self, times: int, layers: Mapping[str, Any]) -> None:
        check_range("times", times, f"[1, {MOST_TIMES}]")
        self.times, self.layers = times, layers

    def expand(self, scope: Scope, inputs: Sequence[str]) -> str:
        for turn in range(self.times):
            inputs = [scope.stack(self.layers, inputs, str(turn))]
        return inputs[0]


class Residual(Composite):
    """``body(x) + shortcut(x)`` (He et al. 2016); without a shortcut ``body(x) + x``."""

    raw_options = ("body", "shortcut")

    def __init__(self, body: Mapping[str, Any], shortcut: Mapping[str, Any] | None = None) -> None:
        self.body, self.shortcut = body, shortcut

    def expand(self, scope: Scope, inputs: Sequence[str]) -> str:
        body = scope.stack(self.body, inputs, "body")
        shortcut = scope.stack(self.shortcut, inputs, "shortcut") if self.shortcut else inputs[0]
        return scope.add("add", Add(), [body, shortcut])
