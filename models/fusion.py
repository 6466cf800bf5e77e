"""Turns a graph into an equivalent one of fewer nodes.

Each of these chains is replaced by one node that needs fewer passes over memory (:mod:`models.fused`):

    Conv2d → BatchNorm → Add → monotone activation → MaxPool2d      every part but the first may be absent
    Linear → monotone activation

Within a chain only the next node reads a node's output, and only the last one's may be an output of the graph. The
parameters keep their names, so both graphs share one store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from trainer.models.fused import ConvolutionBlock, LinearBlock
from trainer.models.graph import Graph
from trainer.models.layer import Layer
from trainer.models.layers.activation import Activation
from trainer.models.layers.combine import Add
from trainer.models.layers.convolution import Conv2d
from trainer.models.layers.linear import Linear
from trainer.models.layers.normalization import BatchNorm
from trainer.models.layers.pooling import MaxPool2d
from trainer.models.node import Node


def fuse(graph: Graph) -> Graph:
    """Return a graph that computes the same as ``graph``, with its chains fused."""
    chains = _Chains(graph)
    fused: dict[str, Node] = {}
    absorbed: set[str] = set()
    for node in graph.nodes:
        if node.name in absorbed:
            continue
        parts: dict[str, Node] = {}
        kind: type[Layer] = LinearBlock
        if type(node.layer) is Conv2d:
            parts, kind = chains.convolution(node, absorbed), ConvolutionBlock
        elif type(node.layer) is Linear:
            parts = chains.linear(node)
        if len(parts) > 1:
            whole = _joined(parts, kind)
            absorbed.update(part.name for part in whole.own)
            fused[whole.name] = whole
    nodes = [fused.get(node.name, node) for node in graph.nodes if node.name not in absorbed or node.name in fused]
    return Graph(graph.inputs, nodes, graph.parameters, graph.outputs)


def _joined(parts: Mapping[str, Node], kind: type[Layer]) -> Node:
    """Return one node in place of ``parts``; its inputs are those that they read from other nodes."""
    *_, last = chain = [*parts.values()]
    inside = {part.name for part in chain}
    wires = [wire for part in chain for wire in zip(part.inputs, part.input_shapes, strict=True)]
    inputs, shapes = zip(*(wire for wire in wires if wire[0] not in inside), strict=True)
    layer = kind(**{role: part.layer for role, part in parts.items() if role != "addition"})
    parameters = {name: name for part in chain for name in part.parameters.values()}
    return Node(last.name, layer, inputs, shapes, last.output_shape, parameters, last.key, parts)


class _Chains:
    """Finds the chain that begins at a node, as its parts by the names that the block uses."""

    def __init__(self, graph: Graph) -> None:
        self._readers: dict[str, list[Node]] = {}
        for node in graph.nodes:
            for source in node.inputs:
                self._readers.setdefault(source, []).append(node)
        self._users = Counter(name for node in graph.nodes for name in node.parameters.values())
        self._outputs = graph.outputs

    def linear(self, node: Node) -> dict[str, Node]:
        activation = self._activation(node)
        return {"linear": node} | ({"activation": activation} if activation else {})

    def convolution(self, node: Node, absorbed: Collection[str]) -> dict[str, Node]:
        parts = {"convolution": node}
        norm = self._after(node, BatchNorm)
        # The last node to update shared statistics decides their values, so the nodes must keep their order.
        if norm is not None and self._users[norm.parameters["running_mean"]] == 1:
            parts["norm"] = node = norm
        addition = self._after(node, Add)
        if addition is not None and addition.name not in absorbed and len(addition.inputs) == 2:
            parts["addition"] = node = addition
        activation = self._activation(node)
        if activation is not None:
            parts["activation"] = node = activation
        pool = self._after(node, MaxPool2d)
        if pool is not None and "addition" not in parts and _commutes(pool):
            parts["pool"] = pool
        return parts

    def _after(self, node: Node, kind: type[Layer]) -> Node | None:
        """Return the only reader of ``node`` if it is of exactly this class: a subclass may compute something else."""
        reader = self._reader(node)
        return reader if reader is not None and type(reader.layer) is kind else None

    def _activation(self, node: Node) -> Node | None:
        """Return a monotone activation after ``node``, whose gradient needs only its output."""
        found = self._reader(node)
        if found is None or not isinstance(found.layer, Activation) or not found.layer.monotone:
            return None
        kind = type(found.layer)  # may be a user's class, of which only apply and gradient are called
        own = kind.forward is Activation.forward and kind.backward is Activation.backward
        return found if own else None

    def _reader(self, node: Node) -> Node | None:
        """Return the node that reads ``node``, if nobody else does."""
        readers = self._readers.get(node.name, [])
        return readers[0] if len(readers) == 1 and node.name not in self._outputs else None


def _commutes(pool: Node) -> bool:
    """Return whether pooling may come first: windows do not overlap, and there is no padding."""
    return pool.layer.windows(pool.input_shapes[0]).disjoint and pool.layer.padding == (0, 0)
