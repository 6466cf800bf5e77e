"""A stack of layers that grows, and the shapes in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from trainer import models
from trainer.ground.targets import maker
from trainer.models import Composite, GraphError
from trainer.models.shape import Shape

make = maker((models.Layer, Composite))


class Stack:
    """Named layers in order, as ``model.layers`` declares them.

    Args:
        shape: Of the stack's input.
        source: Name of this input; None: the stack lies inside another one, where the input has no name.

    Attributes:
        layers: The declarations so far.
        shape: Of the output of ``last``, the layer that the next one follows.
        shapes: Of everything that has a name.
    """

    def __init__(self, shape: Shape, source: str | None = None) -> None:
        self.layers: dict[str, Any] = {}
        self.shape, self.last = shape, source
        self.shapes: dict[str, Shape] = {} if source is None else {source: shape}
        self._owned: dict[str, dict[str, Shape]] = {}  # parameters of layers that own them
        self._numbers: Counter[str] = Counter()

    def add(self, kind: str, declared: Mapping[str, Any], inputs: Sequence[str] = (), share: bool = False) -> None:
        """Add a layer or a group after ``last``, or after the ``inputs``.

        With ``share`` it uses the parameters of an earlier layer, or only the weight, if these have the right size.

        Raises GraphError if it does not fit.
        """
        shape, parameters = _outcome(declared, [self.shapes[name] for name in inputs] or [self.shape])
        self._numbers[kind] += 1
        name, options = f"{kind}{self._numbers[kind]}", {}
        if not inputs and self.layers and self.last != next(reversed(self.layers)):
            inputs = [self.last]
        if inputs:
            options["inputs"] = list(inputs)
        if share and (owner := self._owner(parameters)):
            options["shared_with"] = owner
        else:
            self._owned[name] = parameters
        self.layers[name] = {**declared, **options}
        self.go_to(name, shape)

    def _owner(self, parameters: Mapping[str, Shape]) -> str | dict[str, str] | None:
        for name, owned in self._owned.items():
            if parameters and parameters == owned:
                return name
            if "weight" in parameters and parameters["weight"] == owned.get("weight"):
                return {"weight": f"{name}.weight"}
        return None

    def go_to(self, name: str, shape: Shape | None = None) -> None:
        """Let the next layer follow ``name``."""
        self.shapes[name] = self.shape = shape or self.shapes[name]
        self.last = name


def _outcome(declared: Mapping[str, Any], shapes: Sequence[Shape]) -> tuple[Shape, dict[str, Shape]]:
    """Return the shapes of the output and of a layer's parameters."""
    layer = make(declared, "layer")
    if isinstance(layer, Composite):
        return models.build({"group": layer}, shapes[0], make).output_shape, {}
    if layer.inputs_required not in (None, len(shapes)):
        raise GraphError(f"{declared} takes {layer.inputs_required} inputs, got {len(shapes)}")
    parameters = {name: parameter.shape for name, parameter in layer.parameters(*shapes).items()}
    return layer.output_shape(*shapes), parameters
