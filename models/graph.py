"""A network: named nodes in topological order, and the two walks over them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from models.layer import Parameter, Shape, format_shape
from models.node import Node
from models.workspace import Context, Step, Workspace


class Graph:
    """Named nodes in topological order; the last one is the output.

    Args:
        inputs: Name and shape of each input of the network.
        nodes: In topological order.
        parameters: The parameters of all nodes under their full names.
    """

    def __init__(self, inputs: Mapping[str, Shape], nodes: Iterable[Node], parameters: Mapping[str, Parameter]) -> None:
        self.inputs = dict(inputs)
        self.nodes = list(nodes)
        self.parameters = dict(parameters)
        places = {name: i for i, name in enumerate([*self.inputs, *(node.name for node in self.nodes)])}
        self._sources = [[places[name] for name in node.inputs] for node in self.nodes]

    @property
    def output_shape(self) -> Shape:
        return self.nodes[-1].output_shape

    def forward(self, workspace: Workspace, *inputs: np.ndarray, step: Step | None = None) -> np.ndarray:
        """Every node in order.

        Args:
            workspace: The shard's buffers and parameters.
            inputs: One batch-last array ``(*shape, N)`` for each input of the graph.
            step: The batch this shard is part of; None: a whole batch by itself, not training.

        Returns:
            The last node's output ``(*output_shape, N)``, valid until the next forward.
        """
        batch = inputs[0].shape[-1]
        workspace.step = step or Step(batch=batch, offset=0, training=False)
        values = list(inputs)
        for node, sources, ctx in zip(self.nodes, self._sources, workspace.contexts(batch), strict=True):
            ctx.inputs = tuple([values[source] for source in sources])
            ctx.output = node.layer.forward(ctx, *ctx.inputs)
            values.append(ctx.output)
        return values[-1]

    def backward(self, workspace: Workspace, dy: np.ndarray) -> list[np.ndarray | None]:
        """Every node in reverse order, after a forward of the same batch.

        Writes the gradient of every learned parameter into the workspace's parameter store.

        Args:
            workspace: As in forward.
            dy: Gradient of the loss by the output ``(*output_shape, N)``.

        Returns:
            The gradient by each input of the graph; None where it was not asked for.
        """
        contexts = workspace.contexts(dy.shape[-1])
        pending: list[np.ndarray | None] = [None] * (len(self.inputs) + len(self.nodes))
        pending[-1] = dy
        for index in reversed(range(len(self.nodes))):
            place = len(self.inputs) + index
            ctx, gradient = contexts[index], pending[place]
            if gradient is None:  # nothing before this node learns
                continue
            given = self.nodes[index].layer.backward(ctx, gradient)
            pending[place] = None
            if ctx.needs_input_gradient:
                _collect(ctx, pending, self._sources[index], given if isinstance(given, tuple) else (given,))
            if not ctx.planned:
                workspace.gradients.release_all_but([g for g in pending if g is not None])
                ctx.planned = True
        return pending[: len(self.inputs)] if workspace.input_gradients else [None] * len(self.inputs)

    def summary(self) -> str:
        """The layer table: name, type, output shape, parameters, multiply-accumulates for one example, and totals."""
        rows = [("name", "type", "output", "parameters", "multiply-accumulates")]
        rows += [(name, "Input", format_shape(shape), "", "") for name, shape in self.inputs.items()]
        sizes, macs = [], []
        for node in self.nodes:
            learned = [self.parameters[name] for name in node.parameters.values()]
            sizes.append(sum(math.prod(p.shape) for p in learned if p.trainable))
            macs.append(node.layer.macs(*node.input_shapes))
            rows.append(
                (
                    node.name,
                    type(node.layer).__name__,
                    format_shape(node.output_shape),
                    _count(sizes[-1]),
                    _count(macs[-1]),
                )
            )
        rows.append(("total", "", "", f"{sum(sizes):,}", f"{sum(macs):,}"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(_align(cells, widths)).rstrip() for cells in rows]
        rule = "-" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _collect(ctx: Context, pending: list, sources: list[int], given: tuple[np.ndarray | None, ...]) -> None:
    """Hand the gradients of a node's inputs to the nodes they come from; where branches meet, their gradients add."""
    for source, gradient in zip(sources, given, strict=True):
        if gradient is None:
            continue
        if pending[source] is None:
            pending[source] = gradient
        else:
            total = ctx.buffer(f"sum of gradients of {source}", gradient.shape)
            pending[source] = np.add(pending[source], gradient, out=total)


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _align(cells: tuple[str, ...], widths: list[int]) -> list[str]:
    return [cell.ljust(w) if i < 3 else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))]
