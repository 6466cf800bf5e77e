"""Collects the operators and constants of an ONNX graph."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trainer.datasets import Field
from trainer.runs.network import Network

INPUT, OUTPUT, BATCH = "input", "output", "batch"  # names in the graph


class Writer:
    """Collects the operators and constants of a graph, one node of the network at a time.

    Attributes:
        name, inputs, input_shapes: The current node's name, its input tensors, and their shapes for one example.
        nodes, constants: What has been written, as ONNX's protocol buffers.
    """

    def __init__(self, network: Network, ends: Iterable[str]) -> None:
        self.network = network
        self.ends = {*ends, OUTPUT}  # names that no operator may have
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._known: set[str] = set()
        self.enter(INPUT, [], [], {})

    def enter(
        self,
        name: str,
        inputs: Sequence[str],
        input_shapes: Sequence[tuple[int, ...]],
        parameters: Mapping[str, str],
    ) -> None:
        """Begin the next node of the network."""
        self.name, self.inputs, self.input_shapes, self._count = name, inputs, input_shapes, 0
        self._parameters = parameters

    def emit(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Write an operator; return the name of its output."""
        from onnx import helper

        output = self._fresh()
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def parameter(self, short: str) -> str:
        """Return the tensor of one of the node's parameters, such as "weight"."""
        name = self._parameters[short]
        if name not in self._known:  # two nodes may share one
            self._store(name, self.network.parameters[name])
        return name

    def constant(self, values: ArrayLike, dtype: str = "float32") -> str:
        """Write a constant; return its name."""
        return self._store(self._fresh(), values, dtype)

    def cast(self, name: str, dtype: str) -> str:
        """Write a tensor as another type; return the name of the result."""
        from onnx import helper

        return self.emit("Cast", name, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def nothing(self, name: str, field: Field) -> str:
        """Write an input without values, (batch, 0), for as many examples as a tensor (batch, F) has."""
        zero = self.constant([0], "int64")
        empty = self.emit("Slice", name, zero, zero, self.constant([1], "int64"))
        return self.cast(empty, "int64" if field.is_integer else "float32")

    def _store(self, name: str, values: ArrayLike, dtype: str = "float32") -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.array(values, dtype), name))
        self._known.add(name)
        return name

    def _fresh(self) -> str:
        self._count += 1
        plain = self._count == 1 and self.name not in self.ends
        return self.name if plain else f"{self.name}:{self._count}"
