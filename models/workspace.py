"""The memory of a step.

Every shard (one worker's share of a batch) has one workspace. It hands out the same buffers at every step, so that
training allocates nothing in its steady state, and it holds what a step knows, so that layers need no state.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from trainer.models.kernels.memory import Layout
from trainer.models.layer import Shape
from trainer.models.memory import Arena, GradientPool, Memory, overlaps, spoil
from trainer.models.node import Node

if TYPE_CHECKING:
    from trainer.models.graph import Graph
    from trainer.models.parameters import ParameterStore

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


class Arrays(SimpleNamespace):
    """Arrays by name, to be written into: a name keeps its array."""

    def __setattr__(self, name: str, array: np.ndarray) -> None:
        if getattr(self, name, None) is not array:  # ``grads.bias += db`` writes into the array, and sets it again
            raise AttributeError(f"{name} keeps its array; write into it: {name}[...] = ...")


class Context:
    """What one node knows during a step; made once for each node and batch size."""

    def __init__(self, workspace: Workspace, node: Node, batch: int) -> None:
        self.name = node.name
        self._owner = node.name if node.layer else None  # no layer shares its buffers with the loss
        self.batch = batch  # examples in this shard
        self.dtype = workspace.dtype
        self.output_shape = (*node.output_shape, batch)
        self.communicator = workspace.communicator
        self.needs_input_gradient = node.needs_input_gradient or workspace.input_gradients
        self.inputs: tuple[np.ndarray, ...] = ()
        self.output: np.ndarray  # given by the graph after each forward
        self._workspace = workspace
        self._made: dict[Hashable, Any] = {}
        self._buffers: dict[Hashable, np.ndarray] = {}
        self._scratch: dict[Hashable, np.ndarray] = {}
        self._taken: dict[int, np.ndarray] = {}  # buffers for input gradients: in this backward,
        self._last: dict[int, np.ndarray] = {}  # and in the last one that asked for them
        store = workspace.parameters
        self.params = SimpleNamespace(**{short: store[name] for short, name in node.parameters.items()})
        learned = {short: name for short, name in node.parameters.items() if store.declared[name].trainable}
        gradients = {short: store.gradient(name) for short, name in learned.items()}
        self.additions: list[tuple[np.ndarray, np.ndarray]] = []  # (sum, part): gradients that other nodes began
        for short, total in gradients.items():
            if short in workspace.graph.adds.get(node.name, ()):
                gradients[short] = self.buffer(f"gradient by {short}", total.shape)
                self.additions.append((total, gradients[short]))
        self.grads = Arrays(**gradients)

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

    def buffer(self, name: str, shape: Shape, dtype: np.dtype | type | None = None) -> np.ndarray:
        """This node's own array: its contents live until the next step begins."""
        key = (name, shape, dtype)
        try:
            return self._buffers[key]
        except KeyError:
            array = self._workspace.buffers.view((self._owner, name), shape, np.dtype(dtype or self.dtype))
            self._buffers[key] = array
            return array

    def scratch(self, name: str, shape: Shape, dtype: np.dtype | type | None = None) -> np.ndarray:
        """An array shared by all nodes: its contents live until the method that asked for it returns."""
        key = (name, shape, dtype)
        try:
            return self._scratch[key]
        except KeyError:
            array = self._scratch[key] = self._workspace.scratch.view(name, shape, np.dtype(dtype or self.dtype))
            return array

    def zeros(self, name: str, layout: Layout) -> np.ndarray:
        """A buffer that is zero but where its layout says that it is written."""
        return self._workspace.buffers.zeros((self._owner, name), layout, self.dtype)

    def scratch_zeros(self, name: str, layout: Layout) -> np.ndarray:
        """Scratch that is zero but where its layout says that it is written; shared by all that write to the same."""
        return self._workspace.scratch.zeros(name, layout, self.dtype)

    def ones(self, size: int) -> np.ndarray:
        """A vector of ones, read-only: ``a @ ones`` is the fastest sum over a row."""
        return self._workspace.ones(size)

    def input_gradient(self, index: int = 0) -> np.ndarray:
        """The buffer for the gradient of input ``index``; reused as soon as that gradient has been read."""
        try:
            return self._taken[index]
        except KeyError:
            workspace = self._workspace
            alive, last = [*workspace.alive, *self._taken.values()], self._last.get(index)
            if last is None or overlaps(last, alive):
                last = workspace.gradients.take(self.inputs[index].shape, self.dtype, alive)
                self._last[index] = last
            self._taken[index] = last
            return last

    def begin_backward(self) -> None:
        """Forget which buffers the last backward took."""
        self._taken.clear()


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
        poisoned: Whether dead memory is filled with NaN and zeros are verified, see :mod:`models.memory`; None: if the
            environment says TRAINER_POISON=1.
    """

    def __init__(
        self,
        graph: Graph,
        parameters: ParameterStore,
        communicator: Communicator | None = None,
        generator: Callable[[str], np.random.Generator] | None = None,
        input_gradients: bool = False,
        poisoned: bool | None = None,
    ) -> None:
        self.graph = graph
        self.parameters = parameters
        self.dtype = parameters.dtype
        self.communicator = communicator or Alone()
        self.poisoned = os.environ.get("TRAINER_POISON") == "1" if poisoned is None else poisoned
        self.arena = Arena()
        self.buffers, self.scratch = Memory(self.arena), Memory(self.arena)
        self.gradients = GradientPool(self.arena)
        self.pending: list[np.ndarray | None] = []  # gradients that a backward has yet to hand to a node
        self.step = Step(batch=0, offset=0, training=False)
        self.generators: dict[str, np.random.Generator] = {}
        self.input_gradients = input_gradients
        self._make_generator = generator
        self._input_memory = Memory(self.arena)
        self._inputs: dict[int, list[np.ndarray]] = {}
        self._contexts: dict[int, list[Context]] = {}
        self._loss_contexts: dict[int, Context] = {}
        self._ones: dict[int, np.ndarray] = {}

    def inputs(self, batch: int) -> list[np.ndarray]:
        """An array ``(*shape, batch)`` for each input of the graph, to load examples into.

        In memory it is sample-first, as examples come, where that is as good for all nodes that read it.
        """
        if self.poisoned:
            self._input_memory.spoil()
        try:
            return self._inputs[batch]
        except KeyError:
            inputs = self._inputs[batch] = [self._input(name, batch) for name in self.graph.inputs]
            return inputs

    def _input(self, name: str, batch: int) -> np.ndarray:
        shape = self.graph.inputs[name]
        if all(node.layer.reads_any_order for node in self.graph.nodes if name in node.inputs):
            return np.moveaxis(self._input_memory.view(name, (batch, *shape), self.dtype), 0, -1)
        return self._input_memory.view(name, (*shape, batch), self.dtype)

    @property
    def alive(self) -> list[np.ndarray]:
        """The gradients that some node has yet to read."""
        return [gradient for gradient in self.pending if gradient is not None]

    def begin_step(self, step: Step) -> None:
        """All buffers of the step before are dead."""
        self.step = step
        if self.poisoned:
            self.buffers.spoil()
            self.gradients.spoil(())

    def begin_call(self) -> None:
        """For the poisoned mode, before each call of a layer: scratch is dead, and gradients that have been read."""
        self.scratch.spoil()
        self.gradients.spoil(self.alive)

    def begin_backward(self) -> None:
        """For the poisoned mode: a gradient that a layer forgets to write shall be NaN."""
        for name, parameter in self.parameters.declared.items():
            if parameter.trainable:
                spoil(self.parameters.gradient(name))

    def ones(self, size: int) -> np.ndarray:
        """See Context.ones."""
        try:
            return self._ones[size]
        except KeyError:
            ones = self._ones[size] = self.arena.filled((size,), self.dtype, 1)
            ones.flags.writeable = False
            return ones

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
            loss = Node("(loss)", None, (), (), ())  # type: ignore[arg-type]  # no layer computes it
            context = self._loss_contexts[batch] = Context(self, loss, batch)
            return context

    def generator(self, name: str) -> np.random.Generator:
        if name not in self.generators:
            if self._make_generator is None:
                raise ValueError(f"{name} draws random numbers, but this workspace was given no generator")
            self.generators[name] = self._make_generator(name)
        return self.generators[name]
