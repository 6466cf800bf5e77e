"""What a graph is made of: its inputs, and layers in their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from trainer.models.layer import Layer
from trainer.models.shape import Shape, format_shape


@dataclass(frozen=True)
class Input:
    """An input of a graph: the shape of one example, and its type.

    ``dtype`` None: the floats that the network computes in. Else integers or bool, such as the numbers of tokens or a
    mask: they reach the layers as they are, and nobody asks for a gradient by them.
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
    """A layer in its place: where its inputs come from and under which names its parameters are stored.

    Where one node computes what several layers say (:mod:`models.fusion`), it has the name of the last of them, and
    ``parts``: their own nodes, in order, each by the part it plays. Everything that people read names those.
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
        """The layers that this node computes, as they were declared: itself, or its parts."""
        return tuple(self.parts.values()) or (self,)

    @property
    def label(self) -> str:
        """The names of its layers: "conv1 + norm1 + act1 + pool1"."""
        return " + ".join(node.name for node in self.own)

    @property
    def kind(self) -> str:
        """The classes of its layers: "Conv2d + BatchNorm + Tanh + MaxPool2d"."""
        return " + ".join(type(node.layer).__name__ for node in self.own)
