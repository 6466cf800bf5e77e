"""Graph → an equivalent graph of fewer nodes.

Chains that one node computes in fewer passes are replaced by it; see :mod:`models.fused`:

    Conv2d → BatchNorm → Add → monotone activation → MaxPool2d      every part but the first may be absent
    Linear → monotone activation

A node takes part if nothing else reads it. The parameters keep their names, so both graphs share one store.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from models.fused import ConvolutionBlock, LinearBlock
from models.graph import Graph
from models.layer import Layer
from models.layers.activation import Activation
from models.layers.combine import Add
from models.layers.convolution import Conv2d
from models.layers.linear import Linear
from models.layers.normalization import BatchNorm
from models.layers.pooling import MaxPool2d
from models.node import Node


def fuse(graph: Graph) -> Graph:
    """The same function as ``graph`` with its chains fused."""
    chains = _Chains(graph)
    fused: dict[str, Node] = {}
    absorbed: set[str] = set()
    for node in graph.nodes:
        if node.name in absorbed:
            continue
        if type(node.layer) is Conv2d:
            chain, made = chains.convolution(node, absorbed)
        elif type(node.layer) is Linear:
            chain, made = chains.linear(node)
        else:
            continue
        if len(chain) > 1:
            absorbed.update(part.name for part in chain)
            fused[chain[-1].name] = made
    nodes = [fused.get(node.name, node) for node in graph.nodes if node.name not in absorbed or node.name in fused]
    return Graph(graph.inputs, nodes, graph.parameters)


class _Chains:
    """Finds what follows a node."""

    def __init__(self, graph: Graph) -> None:
        self._readers: dict[str, list[Node]] = {}
        for node in graph.nodes:
            for source in node.inputs:
                self._readers.setdefault(source, []).append(node)
        self._users = Counter(name for node in graph.nodes for name in node.parameters.values())

    def after(self, node: Node, kind: type[Layer]) -> Node | None:
        """The only reader of ``node``, if it is of this very class: a subclass may compute something else."""
        reader = self._reader(node)
        return reader if reader is not None and type(reader.layer) is kind else None

    def linear(self, node: Node) -> tuple[list[Node], Node]:
        activation = self._activation(node)
        if activation is None:
            return [node], node
        layer = LinearBlock(node.layer, activation.layer)
        return [node, activation], replace(activation, layer=layer, **_taking_place_of(node))

    def convolution(self, node: Node, absorbed: set[str]) -> tuple[list[Node], Node]:
        chain, parameters, inputs = [node], dict(node.parameters), node
        norm = self.after(node, BatchNorm)
        if norm is not None and self._users[norm.parameters["running_mean"]] > 1:
            norm = None  # who moves shared statistics last decides what they are, so the order of the nodes must stay
        if norm is not None:
            chain.append(norm)
            parameters |= {f"norm_{short}": name for short, name in norm.parameters.items()}
        merge = self._merge(chain[-1], absorbed)
        if merge is not None:
            other = 1 - merge.inputs.index(chain[-1].name)
            inputs = replace(
                node,
                inputs=(*node.inputs, merge.inputs[other]),
                input_shapes=(*node.input_shapes, merge.input_shapes[other]),
                needs_input_gradient=node.needs_input_gradient or merge.needs_input_gradient,
            )
            chain.append(merge)
        activation = self._activation(chain[-1])
        if activation is not None:
            chain.append(activation)
        pool = self.after(chain[-1], MaxPool2d) if merge is None else None
        if pool is not None and pool.layer.windows(pool.input_shapes[0]).disjoint and pool.layer.padding == (0, 0):
            chain.append(pool)
        else:
            pool = None
        layer = ConvolutionBlock(node.layer, *(part.layer if part else None for part in (norm, activation, pool)))
        taking_place = _taking_place_of(inputs) | {"parameters": parameters}
        return chain, replace(chain[-1], layer=layer, **taking_place)

    def _activation(self, node: Node) -> Node | None:
        """A monotone activation after ``node``: its gradient needs the output alone."""
        found = self._reader(node)
        if found is None or not isinstance(found.layer, Activation) or not found.layer.monotone:
            return None
        kind = type(found.layer)  # may be a user's: of an activation only apply and gradient are called
        own = kind.forward is Activation.forward and kind.backward is Activation.backward
        return found if own else None

    def _reader(self, node: Node) -> Node | None:
        """The node that reads ``node``, if it is the only one."""
        readers = self._readers.get(node.name, [])
        return readers[0] if len(readers) == 1 else None

    def _merge(self, node: Node, absorbed: set[str]) -> Node | None:
        """An addition of ``node`` and one other."""
        found = self.after(node, Add)
        if found is None or found.name in absorbed or len(found.inputs) != 2:
            return None
        return found


def _taking_place_of(head: Node) -> dict:
    return {
        "inputs": head.inputs,
        "input_shapes": head.input_shapes,
        "parameters": head.parameters,
        "needs_input_gradient": head.needs_input_gradient,
    }
