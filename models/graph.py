"""A network: named nodes in topological order, and the two walks over them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from trainer.models.errors import GraphError
from trainer.models.layer import Parameter, Shape, format_shape
from trainer.models.node import Node
from trainer.models.workspace import Context, Step, Workspace


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
        self._sources = {node.name: [places[name] for name in node.inputs] for node in self.nodes}
        self._learning = {places[node.name] for node in self.nodes if self._learns(node)}
        self.adds = _additions(self.nodes)
        """For each node the short names of parameters whose gradient it adds to what nodes behind it gave."""

    def _learns(self, node: Node) -> bool:
        """Whether this node or one before it has a learned parameter."""
        return node.needs_input_gradient or any(self.parameters[name].trainable for name in node.parameters.values())

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
        if not batch:  # no layer ever sees an empty batch
            return np.empty((*self.output_shape, 0), workspace.dtype)
        workspace.begin_step(step or Step(batch=batch, offset=0, training=False))
        values = list(inputs)
        for node, ctx in zip(self.nodes, workspace.contexts(batch), strict=True):
            if workspace.poisoned:
                workspace.begin_call()
            ctx.inputs = tuple([values[source] for source in self._sources[node.name]])
            ctx.output = output = node.layer.forward(ctx, *ctx.inputs)
            if getattr(output, "shape", None) != ctx.output_shape or output.dtype != ctx.dtype:
                raise _misfit(node, "forward", "output", output, ctx.output_shape, ctx.dtype)
            values.append(output)
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
        if not dy.shape[-1]:
            workspace.parameters.gradients.fill(0)
            empty: list[np.ndarray | None] = [np.empty((*shape, 0), workspace.dtype) for shape in self.inputs.values()]
            return empty if workspace.input_gradients else [None] * len(self.inputs)
        contexts = workspace.contexts(dy.shape[-1])
        pending: list[np.ndarray | None] = [None] * (len(self.inputs) + len(self.nodes))
        pending[-1] = dy
        workspace.pending = pending
        if workspace.poisoned:
            workspace.begin_backward()
        for index in reversed(range(len(self.nodes))):
            place = len(self.inputs) + index
            node, ctx, gradient = self.nodes[index], contexts[index], pending[place]
            if gradient is None:  # neither this node learns nor one before it
                continue
            if workspace.poisoned:
                workspace.begin_call()
            ctx.begin_backward()
            given = node.layer.backward(ctx, gradient)
            for total, part in ctx.additions:
                np.add(total, part, out=total)
            if ctx.needs_input_gradient:
                self._collect(ctx, node, given if isinstance(given, tuple) else (given,), workspace)
            pending[place] = None
        return pending[: len(self.inputs)] if workspace.input_gradients else [None] * len(self.inputs)

    def _collect(self, ctx: Context, node: Node, given: tuple[np.ndarray | None, ...], workspace: Workspace) -> None:
        """Hand the gradients of a node's inputs to the nodes they come from; where branches meet, gradients add."""
        pending, sources = workspace.pending, self._sources[node.name]
        if len(given) != len(sources):
            problem = f"{_method(node, 'backward')} gives {len(given)} gradients for {len(sources)} inputs"
            raise GraphError(problem, "return one for each input")
        for name, source, x, gradient in zip(node.inputs, sources, ctx.inputs, given, strict=True):
            if source not in self._learning and not workspace.input_gradients:
                continue
            if gradient is None or getattr(gradient, "shape", None) != x.shape or gradient.dtype != ctx.dtype:
                raise _misfit(node, "backward", f"gradient by {name}", gradient, x.shape, ctx.dtype)
            earlier = pending[source]
            if earlier is None:
                pending[source] = gradient
            else:
                total = ctx.buffer(f"sum of gradients by {name}", x.shape)
                pending[source] = np.add(earlier, gradient, out=total)

    def summary(self) -> str:
        """The layer table: name, type, output shape, parameters, multiply-accumulates for one example, and totals."""
        rows = [("name", "type", "output", "parameters", "multiply-accumulates")]
        rows += [(name, "Input", format_shape(shape), "", "") for name, shape in self.inputs.items()]
        sizes, macs = [], []
        left = dict(self.parameters)  # a shared parameter counts once, where it is first used
        for node in self.nodes:
            own = [left.pop(name) for name in node.parameters.values() if name in left]
            sizes.append(sum(math.prod(p.shape) for p in own if p.trainable))
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


def _additions(nodes: Sequence[Node]) -> dict[str, frozenset[str]]:
    """A parameter's gradient begins with the last node that uses it, which backward meets first; the others add."""
    adds, begun = {}, set()
    for node in reversed(nodes):
        shared = []
        for short, name in node.parameters.items():
            shared += [short] if name in begun else []
            begun.add(name)
        adds[node.name] = frozenset(shared)
    return adds


def _method(node: Node, method: str) -> str:
    return f"{node.name}: {type(node.layer).__name__}.{method}"


def _misfit(node: Node, method: str, what: str, given: object, shape: Shape, dtype: np.dtype) -> GraphError:
    """What a layer gives, where that is not an array of this shape and type."""
    if isinstance(given, np.ndarray):
        found = f"has shape {given.shape} and type {given.dtype}, not {shape} and {dtype}"
    else:
        found = "is missing" if given is None else f"is no array but {type(given).__name__}"
    zeros = "; zeros stop a gradient" if method == "backward" and given is None else ""
    return GraphError(f"{_method(node, method)}: the {what} {found}", f"return an array of that shape and type{zeros}")


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _align(cells: tuple[str, ...], widths: list[int]) -> list[str]:
    return [cell.ljust(w) if i < 3 else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))]
