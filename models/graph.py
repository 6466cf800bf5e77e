"""Networks: named nodes in topological order, and forward and backward through them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trainer.models.context import Context, Step
from trainer.models.errors import GraphError
from trainer.models.layer import Parameter
from trainer.models.node import Input, Node
from trainer.models.shape import Shape
from trainer.models.summary import layer_table
from trainer.models.wiring import additions, check_types, method_name, misfit, output_shape
from trainer.models.workspace import Workspace


class Graph:
    """Named inputs, named nodes in topological order, and named outputs.

    Args:
        inputs: Each input of the network, by its name.
        nodes: The nodes in topological order.
        parameters: The parameters of all nodes by full name; if several nodes use one, their gradients add up.
        outputs: Names of the nodes whose outputs are the network's; None: only the last node.

    Attributes:
        input_shapes: The shape of one example of each input.
        adds: For each layer's node, the short names of parameters whose gradient it adds to that of later nodes.
    """

    def __init__(
        self,
        inputs: Mapping[str, Input],
        nodes: Iterable[Node],
        parameters: Mapping[str, Parameter],
        outputs: Iterable[str] | None = None,
    ) -> None:
        self.inputs = dict(inputs)
        self.nodes = list(nodes)
        self.parameters = dict(parameters)
        self.outputs = (self.nodes[-1].name,) if outputs is None else tuple(outputs)
        self.input_shapes = tuple(given.shape for given in self.inputs.values())
        self.adds = additions(self.layers, self.parameters)
        self._places = places = {name: i for i, name in enumerate([*self.inputs, *(node.name for node in self.nodes)])}
        self._sources = [[places[name] for name in node.inputs] for node in self.nodes]
        self._ends = {name: places[name] for name in self.outputs}
        self._integers = {name: given.dtype for name, given in self.inputs.items() if given.dtype is not None}
        self._wanted = {by_inputs: self._gradients_wanted(by_inputs) for by_inputs in (False, True)}

    def _gradients_wanted(self, by_inputs: bool) -> frozenset[int]:
        """Return the places that need a gradient: behind a learned parameter or, ``by_inputs``, an input of floats."""
        floats = (place for place, name in enumerate(self.inputs) if name not in self._integers)
        wanted = set(floats if by_inputs else ())
        for place, (node, sources) in enumerate(zip(self.nodes, self._sources, strict=True), len(self.inputs)):
            learns = any(self.parameters[name].trainable for name in node.parameters.values())
            if learns or not wanted.isdisjoint(sources):
                wanted.add(place)
        return frozenset(wanted)

    def needs_input_gradient(self, node: Node, by_inputs: bool = False) -> bool:
        """Return whether any input of a node needs a gradient; ``by_inputs``: also the inputs of the graph."""
        return not self._wanted[by_inputs].isdisjoint(self._places[name] for name in node.inputs)

    def freeze(self, names: Collection[str]) -> Graph:
        """Return the same graph, in which the learned parameters of these names keep their values.

        Nodes before the first parameter that is still learned need no backward.
        """
        frozen = {name: replace(self.parameters[name], trainable=False, frozen=True) for name in names}
        return Graph(self.inputs, self.nodes, self.parameters | frozen, self.outputs)

    def is_frozen(self, node: Node) -> bool:
        """Return whether a layer could learn parameters, and all of these are frozen."""
        own = [self.parameters[name] for name in node.parameters.values()]
        return any(parameter.frozen for parameter in own) and not any(parameter.trainable for parameter in own)

    @property
    def layers(self) -> list[Node]:
        """The layers as they were declared, whether or not one node computes several of them."""
        return [own for node in self.nodes for own in node.own]

    @property
    def output_shapes(self) -> dict[str, Shape]:
        """The shape of one example of each output."""
        return {name: self.nodes[place - len(self.inputs)].output_shape for name, place in self._ends.items()}

    @property
    def output_shape(self) -> Shape:
        """The shape of one example of the only output. Raises GraphError if there are several."""
        if len(self.outputs) > 1:
            raise GraphError(f"the network has the outputs {', '.join(self.outputs)}", "one is needed here")
        return self.output_shapes[self.outputs[0]]

    def shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        """Return the output shape of each layer by name, for input shapes that may differ from those at building.

        Raises:
            GraphError: A layer or its parameters do not fit them.
        """
        if len(inputs) != len(self.inputs):
            raise GraphError(f"the network has {len(self.inputs)} inputs, got {len(inputs)}", "give one array for each")
        known = dict(zip(self.inputs, inputs, strict=True))
        for node in self.layers:
            known[node.name] = output_shape(node, [known[name] for name in node.inputs], self.parameters)
        return known

    def forward(self, workspace: Workspace, *inputs: np.ndarray, step: Step | None = None) -> Any:
        """Compute every node in order and return the output.

        Args:
            workspace: The shard's buffers and parameters.
            inputs: One batch-last array ``(*shape, N)`` for each input of the graph, of the input's type. Shapes may
                differ from batch to batch, if the layers accept other shapes than the graph was built for.
            step: The batch that this shard is part of; None: the inputs are a whole batch, not in training.

        Returns:
            The output ``(*output_shape, N)``; of several, a dict of them by name. Valid until the next forward.

        Raises:
            GraphError: An input does not fit, or a layer's output is not what the layer declares.
        """
        batch = inputs[0].shape[-1]
        if not batch:  # no layer ever sees an empty batch
            empty = {name: np.empty((*shape, 0), workspace.dtype) for name, shape in self.output_shapes.items()}
            return empty if len(empty) > 1 else empty[self.outputs[0]]
        contexts = workspace.contexts_for(tuple([x.shape for x in inputs]))
        if self._integers:
            check_types(self._integers, dict(zip(self.inputs, inputs, strict=True)))
        workspace.begin_step(step or Step(batch=batch, offset=0, training=False))
        workspace.active = contexts
        values = list(inputs)
        for node, sources, ctx in zip(self.nodes, self._sources, contexts, strict=True):
            if workspace.poisoned:
                workspace.begin_call()
            ctx.inputs = given = tuple([values[source] for source in sources])
            ctx.output = output = node.layer.forward(ctx, *given)
            if not isinstance(output, np.ndarray) or output.shape != ctx.output_shape or output.dtype != ctx.dtype:
                raise misfit(node, "forward", "output", output, ctx.output_shape, ctx.dtype)
            values.append(output)
        if len(self.outputs) == 1:
            return values[self._places[self.outputs[0]]]
        return {name: values[self._places[name]] for name in self.outputs}

    def backward(self, workspace: Workspace, dy: np.ndarray | Mapping[str, np.ndarray]) -> list[np.ndarray | None]:
        """Compute gradients through every node in reverse order, after a forward of the same batch.

        Writes the gradient of every learned parameter into the workspace's parameter store.

        Args:
            workspace: As in forward.
            dy: Gradient of the loss by the output ``(*output_shape, N)``; of several, by each of them, by name.

        Returns:
            The gradient of each input of the graph; None if it was not requested, or for integers.

        Raises:
            GraphError: A gradient is missing or does not fit.
        """
        given = {self.outputs[0]: dy} if isinstance(dy, np.ndarray) else dy
        if given.keys() != self._ends.keys():
            problem = f"backward needs the gradients of {', '.join(self.outputs)}, got {', '.join(given)}"
            raise GraphError(problem, "give each by the name of its output")
        if not given[self.outputs[0]].shape[-1]:
            workspace.parameters.gradients.fill(0)
            wanted = self._wanted[workspace.input_gradients]
            shapes = enumerate(self.input_shapes)
            return [np.empty((*shape, 0), workspace.dtype) if i in wanted else None for i, shape in shapes]
        contexts, first = workspace.active, len(self.inputs)
        pending: list[np.ndarray | None] = [None] * (first + len(self.nodes))
        for name, place in self._ends.items():
            by_output, shape = given[name], contexts[place - first].output_shape
            if by_output.shape != shape:
                problem = f"the gradient of {name} has shape {by_output.shape}, not {shape}"
                raise GraphError(problem, "give it the shape of the last forward's output")
            pending[place] = by_output
        workspace.pending = pending
        if workspace.poisoned:
            workspace.begin_backward()
        for index in reversed(range(len(self.nodes))):
            place = first + index
            node, ctx, gradient = self.nodes[index], contexts[index], pending[place]
            if gradient is None:  # neither this node nor one before it learns
                continue
            if workspace.poisoned:
                workspace.begin_call()
            ctx.taken.clear()
            by_inputs = node.layer.backward(ctx, gradient)
            for total, part in ctx.additions:
                np.add(total, part, out=total)
            if ctx.needs_input_gradient:
                self._collect(ctx, index, by_inputs if isinstance(by_inputs, tuple) else (by_inputs,), workspace)
            pending[place] = None
        return pending[:first] if workspace.input_gradients else [None] * first

    def _collect(self, ctx: Context, index: int, given: tuple[np.ndarray | None, ...], workspace: Workspace) -> None:
        """Pass the gradients of a node's inputs to the nodes they come from; where branches meet, gradients add up."""
        node, sources, pending = self.nodes[index], self._sources[index], workspace.pending
        if len(given) != len(sources):
            problem = f"{method_name(node, 'backward')} returns {len(given)} gradients for {len(sources)} inputs"
            raise GraphError(problem, "return one for each input", node.key or node.name)
        wanted = self._wanted[workspace.input_gradients]
        for name, source, x, gradient in zip(node.inputs, sources, ctx.inputs, given, strict=True):
            if source not in wanted:
                continue
            if not isinstance(gradient, np.ndarray) or gradient.shape != x.shape or gradient.dtype != ctx.dtype:
                raise misfit(node, "backward", f"gradient of {name}", gradient, x.shape, ctx.dtype)
            earlier = pending[source]
            if earlier is None:
                pending[source] = gradient
            else:
                total = ctx.buffer(f"sum of gradients of {name}", x.shape)
                pending[source] = np.add(earlier, gradient, out=total)

    def summary(self) -> str:
        """Return the layer table: name, type, output shape, parameters and multiply-accumulates of an example."""
        return layer_table(self)
