"""The parts of a graph: its inputs and its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from trainer.models.layer import Layer
from trainer.models.shape import Shape, format_shape


@dataclass(frozen=True)
class Input:
    """An input of a graph: the shape and type of one example.

    A ``dtype`` of None means the floats that the network computes in. Otherwise it is integer or bool, as for token
    numbers or a mask: such inputs reach the layers unchanged and get no gradient.
    """

    shape: Shape
    dtype: np.dtype | str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(self.shape))
        if self.dtype is not None:
            dtype = np.dtype(self.dtype)
            object.__setattr__(self, "dtype", dtype)
            if dtype.kind not in "iub":
                raise ValueError(f"dtype: {self.dtype} is neither of integers nor bool; leave it out for floats")

    def __str__(self) -> str:
        return format_shape(self.shape) + (f" {self.dtype}" if self.dtype is not None else "")


@dataclass(frozen=True)
class Node:
    """A layer in its place in a graph: where its inputs come from and the names of its parameters.

    A node that computes several layers (:mod:`models.fusion`) has the name of the last one. Its ``parts`` are the nodes
    of these layers, in order, by role, such as "norm". Tables and messages name the layers.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]  # names of nodes or of inputs of the graph
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    parameters: Mapping[str, str] = field(default_factory=dict)  # "weight" -> "conv1.weight"
    key: str = ""  # where the configuration declares it, for messages
    parts: Mapping[str, Node] = field(default_factory=dict)

    @property
    def own(self) -> tuple[Node, ...]:
        """The layers that this node computes, as they were declared: the node itself, or its parts."""
        return tuple(self.parts.values()) or (self,)

    @property
    def label(self) -> str:
        """The names of its layers, such as "conv1 + norm1 + act1 + pool1"."""
        return " + ".join(node.name for node in self.own)

    @property
    def kind(self) -> str:
        """The classes of its layers, such as "Conv2d + BatchNorm + Tanh + MaxPool2d"."""
        return " + ".join(type(node.layer).__name__ for node in self.own)
