"""A layer in its place in a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trainer.models.layer import Layer, Shape


@dataclass(frozen=True)
class Node:
    """A layer in its place: where its inputs come from and under which names its parameters are stored."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]  # names of nodes or of inputs of the graph
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    parameters: Mapping[str, str] = field(default_factory=dict)  # "weight" -> "conv1.weight"
    needs_input_gradient: bool = True
