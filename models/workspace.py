"""The memory of a step.

Every shard (one worker's share of a batch) has one workspace. It hands out the same buffers at every step, so that
training allocates nothing in its steady state, and it holds what a step knows, so that layers need no state.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from models.layer import Shape
from models.memory import Arena, GradientPool, Memory
from models.node import Node

if TYPE_CHECKING:
    from models.graph import Graph
    from models.parameters import ParameterStore

T = TypeVar("T")


class Communicator(Protocol):
    """What the shards of one batch say to each other."""

    rank: int
    size: int

    def sum(self, key: str, values: np.ndarray) -> np.ndarray:
        """The sum of ``values`` over all shards, in place and returned; ``key`` names the exchange."""

    def barrier(self) -> None:
        """Wait until every shard has come here."""


class Alone:
    """The communicator of a single shard."""

    rank, size = 0, 1

    def sum(self, key: str, values: np.ndarray) -> np.ndarray:
        return values

    def barrier(self) -> None:
        return


class Context:
    """What one node knows during a step; made once for each node and batch size."""

    def __init__(self, workspace: Workspace, node: Node, batch: int) -> None:
        self.name = node.name
        self.batch = batch  # examples in this shard
        self.dtype = workspace.dtype
        store = workspace.parameters
        self.params = SimpleNamespace(**{short: store[name] for short, name in node.parameters.items()})
        learned = {short: name for short, name in node.parameters.items() if store.declared[name].trainable}
        self.grads = SimpleNamespace(**{short: store.gradient(name) for short, name in learned.items()})
        self.communicator = workspace.communicator
        self.needs_input_gradient = node.needs_input_gradient or workspace.input_gradients
        self.inputs: tuple[np.ndarray, ...] = ()
        self.output: np.ndarray | None = None
        self.planned = False  # the gradient buffers of this batch size are settled
        self._workspace = workspace
        self._made: dict[Hashable, Any] = {}

    @property
    def step(self) -> Step:
        """The whole batch this shard is part of: its size, this shard's place in it, training or not."""
        return self._workspace.step

    @property
    def training(self) -> bool:
        return self._workspace.step.training

    @property
    def generator(self) -> np.random.Generator:
        """This node's own stream of random numbers."""
        return self._workspace.generator(self.name)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gave the first time: for views and plans that depend on shapes alone."""
        try:
            return self._made[key]
        except KeyError:
            value = self._made[key] = make()
            return value

    def buffer(self, name: str, shape: Shape, dtype: Any = None) -> np.ndarray:
        """This node's own array: its contents live until the next step writes them."""
        key = (name, shape)
        try:
            return self._made[key]
        except KeyError:
            dtype = np.dtype(dtype or self.dtype)
            array = self._made[key] = self._workspace.memory.view((self.name, name), shape, dtype)
            return array

    def zeros(self, name: str, shape: Shape) -> np.ndarray:
        """This node's own array for this batch size alone, zeroed once: what is never written stays zero."""
        return self.once(("zeros", name, shape), lambda: self._workspace.arena.filled(shape, self.dtype, 0))

    def scratch(self, name: str, shape: Shape, dtype: Any = None) -> np.ndarray:
        """An array shared by all nodes: its contents live until the method that asked for it returns."""
        key = ("scratch", name, shape)
        try:
            return self._made[key]
        except KeyError:
            dtype = np.dtype(dtype or self.dtype)
            array = self._made[key] = self._workspace.memory.view(("scratch", name, dtype), shape, dtype)
            return array

    def shared_zeros(self, name: str, shape: Shape) -> np.ndarray:
        """Like scratch, and zeroed once: nodes that ask for one name and shape must leave the same elements alone."""
        memory = self._workspace.memory
        return self.once(("shared zeros", name, shape), lambda: memory.zeros((name, shape), shape, self.dtype))

    def ones(self, size: int) -> np.ndarray:
        """A vector of ones: ``a @ ones`` is the fastest sum over a row."""
        return self.once(("ones", size), lambda: self._workspace.arena.filled((size,), self.dtype, 1))

    def input_gradient(self, index: int = 0) -> np.ndarray:
        """The buffer for the gradient of input ``index``; reused as soon as that gradient has been consumed."""
        key = ("input_gradient", index)
        try:
            return self._made[key]
        except KeyError:
            array = self._made[key] = self._workspace.gradients.take(self.inputs[index].shape, self.dtype)
            return array


class Step(SimpleNamespace):
    """A step as one shard sees it: ``batch`` examples in all, of which this shard's begin at ``offset``."""

    batch: int
    offset: int
    training: bool


class Workspace:
    """The contexts and buffers of one shard, for every batch size it meets.

    Args:
        graph: The network.
        parameters: Its parameters and this shard's gradients.
        communicator: The other shards of the batch.
        generator: Gives the named stream of random numbers of a node, by the node's name.
        input_gradients: Also compute the gradient of the loss by the network's inputs.
    """

    def __init__(
        self,
        graph: Graph,
        parameters: ParameterStore,
        communicator: Communicator | None = None,
        generator: Callable[[str], np.random.Generator] | None = None,
        input_gradients: bool = False,
    ) -> None:
        self.graph = graph
        self.parameters = parameters
        self.dtype = parameters.dtype
        self.communicator = communicator or Alone()
        self.arena = Arena()
        self.memory = Memory(self.arena)
        self.gradients = GradientPool(self.arena)
        self.step = Step(batch=0, offset=0, training=False)
        self.generators: dict[str, np.random.Generator] = {}
        self.input_gradients = input_gradients
        self._make_generator = generator
        self._inputs: dict[int, list[np.ndarray]] = {}
        self._contexts: dict[int, list[Context]] = {}
        self._loss_contexts: dict[int, Context] = {}

    def inputs(self, batch: int) -> list[np.ndarray]:
        """An array ``(*shape, batch)`` for each input of the graph, to load examples into.

        In memory it is sample-first, as examples come, where that is as good for all nodes that read it.
        """
        try:
            return self._inputs[batch]
        except KeyError:
            inputs = self._inputs[batch] = [self._input(name, batch) for name in self.graph.inputs]
            return inputs

    def _input(self, name: str, batch: int) -> np.ndarray:
        shape, key = self.graph.inputs[name], ("input", name)
        if all(node.layer.reads_any_order for node in self.graph.nodes if name in node.inputs):
            return np.moveaxis(self.memory.view(key, (batch, *shape), self.dtype), 0, -1)
        return self.memory.view(key, (*shape, batch), self.dtype)

    def contexts(self, batch: int) -> list[Context]:
        """One context a node, in the order of ``graph.nodes``, for a shard of ``batch`` examples."""
        try:
            return self._contexts[batch]
        except KeyError:
            contexts = self._contexts[batch] = [Context(self, node, batch) for node in self.graph.nodes]
            return contexts

    def loss_context(self, batch: int) -> Context:
        """The context of the loss, which stands behind the graph's last node."""
        try:
            return self._loss_contexts[batch]
        except KeyError:
            loss = Node("(loss)", None, (), (), ())  # no layer's name, so that no layer shares its buffers
            context = self._loss_contexts[batch] = Context(self, loss, batch)
            return context

    def generator(self, name: str) -> np.random.Generator:
        if name not in self.generators:
            if self._make_generator is None:
                raise ValueError(f"{name} draws random numbers, but this workspace was given no generator")
            self.generators[name] = self._make_generator(name)
        return self.generators[name]
