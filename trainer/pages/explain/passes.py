"""One example, forward and backward, with every number on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trainer.datasets import Source
from trainer.engine.setup import make_loss
from trainer.engine.watch import Watch, Watched
from trainer.models import Workspace
from trainer.models.losses.loss import Loss
from trainer.models.node import Node
from trainer.runs.network import Network

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Pass:
    """The forward and backward pass of one example, without the batch axis.

    The network predicts: there is no dropout, and BatchNorm uses its running statistics.

    Attributes:
        nodes: The layers as configured, in order; no chain is computed as one.
        values: By input or layer, its output (*shape).
        gradients: The gradient of the loss with respect to each of these, where it is computed.
        parameters: All parameters, by their full names.
        slopes: The gradients of those that are learned.
        loss: Its value.
        rule: The loss itself.
        target: The target of the example: a label (), or values (K,).
    """

    nodes: list[Node]
    values: Arrays
    gradients: Arrays
    parameters: Arrays
    slopes: Arrays
    loss: float
    rule: Loss
    target: np.ndarray

    @property
    def outputs(self) -> np.ndarray:
        """What the last layer gives (K,)."""
        return self.values[self.nodes[-1].name]


def follow(network: Network, source: Source, index: int) -> Pass:
    """Return the passes of example `index` of a source through a network.

    Raises:
        ConfigError, GraphError: The configuration makes no loss, or the network has several outputs.
        DataError: The example cannot be read.
    """
    graph, store = network.graph, network.parameters
    graph.output_shape  # noqa: B018  a loss is of one output
    loss = make_loss(network.config, network.problem)
    workspace = Workspace(graph, store, input_gradients=True)
    inputs = workspace.inputs(1)
    targets = network.dataset.loader(source).load(np.array([index]), *inputs)
    watched = Watched(Watch(gradients=tuple(node.name for node in graph.nodes)))
    outputs = graph.forward(workspace, *inputs)
    values = {name: x[..., 0].copy() for name, x in zip(graph.inputs, inputs, strict=True)}
    values |= {context.name: context.output[..., 0].copy() for context in workspace.active}
    context = workspace.loss_context(1)
    value = loss.forward(context, outputs, targets)
    by_inputs = watched.tapped(graph).backward(workspace, loss.backward(context))
    gradients = {name: dx[..., 0].copy() for name, dx in zip(graph.inputs, by_inputs, strict=True) if dx is not None}
    gradients |= {name: dy[0] for name, dy in watched.gradients.items()}
    return Pass(
        list(graph.nodes),
        values,
        gradients,
        {name: store[name] for name in store},
        {name: store.gradient(name).copy() for name in store.views(store.gradients)},
        value,
        loss,
        targets[..., 0],
    )
