"""What can be seen of a training step: outputs and gradients of nodes, gradients of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

import numpy as np

from trainer.ground.patterns import select
from trainer.models import Context, Graph
from trainer.models.node import Node

Arrays = dict[str, np.ndarray]

PARTS = ("outputs", "gradients", "parameters")  # of a Watch and of what is Watched


@dataclass(frozen=True)
class Watch:
    """What to see of a step, by patterns of names: `conv1`, `block*`, `*.weight`; one, or several in a sequence.

    Args:
        outputs: Nodes whose output to see.
        gradients: Nodes, to see the gradient of the loss with respect to their output.
        parameters: Learned parameters, to see the gradient of the loss with respect to them.

    A chain of layers that is computed as one node is visible only at its end: of conv1 → norm1 → act1 → pool1 that is
    pool1. With `fuse=false` every layer is a node. Parameters are visible in either case.
    """

    outputs: Sequence[str] = ()
    gradients: Sequence[str] = ()
    parameters: Sequence[str] = ()

    def __post_init__(self) -> None:
        for part in PARTS:
            given = getattr(self, part)
            object.__setattr__(self, part, (given,) if isinstance(given, str) else tuple(given))

    def resolved(self, graph: Graph, network: Graph) -> Watch:
        """Return the names that the patterns match.

        Args:
            graph: The layers as configured.
            network: What is computed: the same with its chains fused, or `graph` itself.

        Raises:
            ValueError: A pattern matches nothing that can be seen.
        """
        learned = [name for name, parameter in graph.parameters.items() if parameter.trainable]
        outputs, gradients = (
            tuple(name for pattern in patterns for name in _nodes(pattern, graph, network))
            for patterns in (self.outputs, self.gradients)
        )
        parameters = tuple(name for p in self.parameters for name in select(p, learned, "parameter"))
        return Watch(outputs, gradients, parameters)


@dataclass
class Watched:
    """What was seen of a step: copies, to be kept or changed at will.

    Attributes:
        outputs: By node, its output (N, *shape) for the N examples of worker 0's shard of the batch. With one worker
            that is the whole batch.
        gradients: By node, the gradient of the loss with respect to it (N, *shape). The loss is the mean over the whole
            batch, however many workers share it. A node is missing if neither it nor one before it learns.
        parameters: By parameter, the gradient of the loss in the parameter's shape: that of the whole step, summed over
            all workers, before `clip_norm`.

    Where a step adds up several batches (`accumulate`), outputs and their gradients are of the last batch.
    """

    wanted: Watch = Watch()  # full names
    outputs: Arrays = field(default_factory=dict)
    gradients: Arrays = field(default_factory=dict)
    parameters: Arrays = field(default_factory=dict)

    def only(self, wanted: Watch) -> Watched:
        """Return the part that `wanted` names; names that were not seen are left out."""
        kept = ({n: getattr(self, p)[n] for n in getattr(wanted, p) if n in getattr(self, p)} for p in PARTS)
        return Watched(wanted, *kept)

    def tapped(self, graph: Graph) -> Graph:
        """Return the same graph, but with a backward that copies the wanted gradients to `self.gradients`."""
        wanted = set(self.wanted.gradients)
        if not wanted:
            return graph
        nodes = [self._tap(node) if node.name in wanted else node for node in graph.nodes]
        return Graph(graph.inputs, nodes, graph.parameters, graph.outputs)

    def _tap(self, node: Node) -> Node:
        layer = copy(node.layer)  # layers keep nothing of a step, so a copy does the same

        def backward(ctx: Context, dy: np.ndarray) -> np.ndarray | tuple[np.ndarray | None, ...] | None:
            self.gradients[node.name] = _examples_first(dy)
            return node.layer.backward(ctx, dy)

        layer.backward = backward
        return replace(node, layer=layer)

    def see_outputs(self, contexts: Iterable[Context]) -> None:
        """Copy the outputs that are wanted, after a forward."""
        wanted = set(self.wanted.outputs)
        for context in contexts:
            if context.name in wanted:
                self.outputs[context.name] = _examples_first(context.output)

    def see_parameters(self, gradients: Arrays) -> None:
        """Keep the gradients that are wanted."""
        self.parameters = {name: gradients[name] for name in self.wanted.parameters}


def together(watches: Iterable[Watch]) -> Watch:
    """Return everything that any of these resolved watches names."""
    watches = list(watches)
    names = ([getattr(watch, part) for watch in watches] for part in PARTS)
    return Watch(*(tuple(dict.fromkeys(name for each in part for name in each)) for part in names))


def _examples_first(array: np.ndarray) -> np.ndarray:
    return np.moveaxis(array, -1, 0).copy()


def _nodes(pattern: str, graph: Graph, network: Graph) -> list[str]:
    visible = [node.name for node in network.nodes]
    hidden = [node.name for node in graph.nodes if fnmatchcase(node.name, pattern)]
    if hidden and not {*hidden} & {*visible}:
        chain = next(node for node in network.nodes if hidden[-1] in (part.name for part in node.own))
        end = chain.name
        raise ValueError(f"'{pattern}' is computed inside {chain.label}; watch '{end}', or set fuse=false")
    return select(pattern, visible, "node")
