"""The memory of a step.

Every shard (one worker's share of a batch) has one workspace. It hands out the same buffers at every step, so that
training allocates nothing in its steady state, and it holds what a step knows, so that layers need no state.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Hashable, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from trainer.models.communicator import Alone, Communicator
from trainer.models.kernels.memory import Layout
from trainer.models.memory import Arena, GradientPool, Memory, overlaps, spoil
from trainer.models.shape import Shape

if TYPE_CHECKING:
    from trainer.models.graph import Graph
    from trainer.models.node import Node
    from trainer.models.parameters import ParameterStore

T = TypeVar("T")
_NONE: Mapping[str, np.ndarray] = MappingProxyType({})
_NO_PARTS: Mapping[str, Context] = MappingProxyType({})


class Step(NamedTuple):
    """A step as one shard sees it: ``batch`` examples in all, of which this shard's begin at ``offset``."""

    batch: int
    offset: int
    training: bool


class Arrays(SimpleNamespace):
    """Arrays by name, to be written into: a name keeps its array."""

    def __setattr__(self, name: str, array: np.ndarray) -> None:
        if getattr(self, name, None) is not array:  # ``grads.bias += db`` writes into the array, and sets it again
            raise AttributeError(f"{name} keeps its array; write into it: {name}[...] = ...")


class Context:
    """What one node, or a loss, knows during a step; made once for each node and shape of the inputs.

    Args:
        workspace: Of the shard.
        name: Of the node, or of the loss.
        owner: Whose buffers these are. Contexts of one owner share memory, as only one of them is in use at a time.
        output_shape: (*shape, N).
        needs_input_gradient: Whether backward shall give the gradients by the inputs.
        params: The node's parameters by their short names.
        grads: The gradients by those that are learned, to be written.
        added: Short names of those whose gradients are added to what other nodes gave.
        parts: Where the node computes several layers, the context of each by the part it plays.

    Attributes:
        batch: Examples in this shard.
        dtype: In which the network computes; that of all outputs and gradients.
        inputs: What forward was given; a loss leaves here what its backward needs.
        output: What forward gave.
        communicator: The other shards of the batch; layers call its ``sum`` alone.
        writes_kept: Whether this shard writes parameters that are kept, not learned: one does so for all.
    """

    def __init__(
        self,
        workspace: Workspace,
        name: str,
        owner: Hashable,
        output_shape: Shape,
        needs_input_gradient: bool = True,
        params: Mapping[str, np.ndarray] = _NONE,
        grads: Mapping[str, np.ndarray] = _NONE,
        added: Collection[str] = (),
        parts: Mapping[str, Context] = _NO_PARTS,
    ) -> None:
        self.name = name
        self.batch = output_shape[-1]
        self.dtype = workspace.dtype
        self.output_shape = output_shape
        self.communicator = workspace.communicator
        self.writes_kept = workspace.communicator.rank == 0
        self.needs_input_gradient = needs_input_gradient
        self.inputs: tuple[np.ndarray, ...] = ()
        self.output = np.empty(0, self.dtype)  # given by the graph after each forward
        self._workspace = workspace
        self._owner = owner
        self._made: dict[Hashable, Any] = {}
        self._buffers: dict[Hashable, np.ndarray] = {}
        self._scratch: dict[Hashable, np.ndarray] = {}
        self.taken: dict[int, np.ndarray] = {}  # buffers for input gradients: in this backward,
        self._last: dict[int, np.ndarray] = {}  # and in the last one that asked for them
        shares = {short: self.buffer(f"gradient by {short}", grads[short].shape) for short in grads if short in added}
        self.additions = [(grads[short], share) for short, share in shares.items()]  # gradients that other nodes began
        self.params = SimpleNamespace(**params)
        self.grads = Arrays(**{**grads, **shares})
        self.parts = parts
        for part in parts.values():
            part.taken = self.taken  # they share the node's inputs
            self.additions += part.additions

    @property
    def step(self) -> Step:
        """The whole batch this shard is part of: its size, this shard's place in it, training or not."""
        return self._workspace.step

    @property
    def training(self) -> bool:
        return self._workspace.step.training

    @property
    def generator(self) -> np.random.Generator:
        """This node's own stream of random numbers, the same in all workers.

        Each of them draws for the whole batch, ``step.batch`` examples, and takes the numbers of its shard, which
        begins at ``step.offset``: so the result does not depend on the number of workers.
        """
        return self._workspace.generator(self.name)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make`` gave the first time: for views and plans that depend on shapes alone."""
        try:
            return self._made[key]
        except KeyError:
            value = self._made[key] = make()
            return value

    def buffer(self, name: str, shape: Shape, dtype: np.dtype | type | None = None) -> np.ndarray:
        """Return this node's own array: its contents live until the next step begins."""
        key = (name, shape, dtype)
        try:
            return self._buffers[key]
        except KeyError:
            array = self._workspace.buffers.view((self._owner, name), shape, np.dtype(dtype or self.dtype))
            self._buffers[key] = array
            return array

    def scratch(self, name: str, shape: Shape, dtype: np.dtype | type | None = None) -> np.ndarray:
        """Return an array shared by all nodes: its contents live until the method that asked for it returns."""
        key = (name, shape, dtype)
        try:
            return self._scratch[key]
        except KeyError:
            array = self._scratch[key] = self._workspace.scratch.view(name, shape, np.dtype(dtype or self.dtype))
            return array

    def zeros(self, name: str, layout: Layout) -> np.ndarray:
        """Return a buffer that is zero but where its layout says that it is written."""
        return self._workspace.buffers.zeros((self._owner, name), layout, self.dtype)

    def scratch_zeros(self, name: str, layout: Layout) -> np.ndarray:
        """Scratch that is zero but where its layout says that it is written; shared by all that write to the same."""
        return self._workspace.scratch.zeros(name, layout, self.dtype)

    def ones(self, size: int) -> np.ndarray:
        """Return a vector of ones, read-only: ``a @ ones`` is the fastest sum over a row."""
        return self._workspace.ones(size)

    def input_gradient(self, index: int = 0) -> np.ndarray:
        """Return the buffer for the gradient of input ``index``; reused as soon as that gradient has been read."""
        taken = self.taken
        if index not in taken:
            workspace, last = self._workspace, self._last.get(index)
            if last is None or workspace.needs(last) or overlaps(last, taken.values()):
                alive = [*workspace.alive, *taken.values()]
                last = self._last[index] = workspace.gradients.take(self.inputs[index].shape, self.dtype, alive)
            taken[index] = last
        return taken[index]


class Workspace:
    """The contexts and buffers of one shard, for every batch size and shape of the inputs that it meets.

    Args:
        graph: The network.
        parameters: Its parameters and this shard's gradients.
        communicator: The other shards of the batch.
        generator: Gives the named stream of random numbers of a node, by the node's name.
        input_gradients: Also compute the gradient of the loss by the network's inputs, where they are floats.
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
        self.buffers, self.scratch = (Memory(self.arena, self.poisoned) for _ in range(2))
        self.gradients = GradientPool(self.arena, self.poisoned)
        self.pending: list[np.ndarray | None] = []  # gradients that a backward has yet to hand to a node
        self.step = Step(batch=0, offset=0, training=False)
        self.generators: dict[str, np.random.Generator] = {}
        self.input_gradients = input_gradients
        self._make_generator = generator
        self._input_memory = Memory(self.arena, self.poisoned)
        self.active: list[Context] = []
        """The contexts of the last forward, one a node."""
        self._inputs: dict[Hashable, list[np.ndarray]] = {}
        self._contexts: dict[tuple[Shape, ...], list[Context]] = {}
        self._loss_contexts: dict[Hashable, Context] = {}
        self._ones: dict[int, np.ndarray] = {}

    def inputs(self, batch: int, *shapes: Shape) -> list[np.ndarray]:
        """Return an array ``(*shape, batch)`` of its type for each input of the graph, to load examples into.

        In memory it is batch-first, as examples come, where that is as good for all nodes that read it.

        Args:
            batch: Examples in this shard.
            shapes: Of one example of each input; none: those that the graph was built for.
        """
        if self.poisoned:
            self._input_memory.spoil()
        key = batch, shapes or self.graph.input_shapes
        try:
            return self._inputs[key]
        except KeyError:
            pairs = zip(self.graph.inputs, key[1], strict=True)
            inputs = self._inputs[key] = [self._input(name, shape, batch) for name, shape in pairs]
            return inputs

    def _input(self, name: str, shape: Shape, batch: int) -> np.ndarray:
        dtype = self.dtype if (own := self.graph.inputs[name].dtype) is None else np.dtype(own)
        if all(node.layer.reads_any_order for node in self.graph.nodes if name in node.inputs):
            return np.moveaxis(self._input_memory.view(name, (batch, *shape), dtype), 0, -1)
        return self._input_memory.view(name, (*shape, batch), dtype)

    @property
    def alive(self) -> list[np.ndarray]:
        """The gradients that some node has yet to read."""
        return [gradient for gradient in self.pending if gradient is not None]

    def needs(self, array: np.ndarray) -> bool:
        """Whether a gradient lies in this array that some node has yet to read."""
        for gradient in self.pending:  # noqa: SIM110  in half the time of any(...)
            if gradient is not None and np.may_share_memory(array, gradient):
                return True
        return False

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

    def contexts(self, batch: int, *shapes: Shape) -> list[Context]:
        """One context a node, in the order of ``graph.nodes``.

        Args:
            batch: Examples in this shard.
            shapes: Of one example of each input; none: those that the graph was built for.

        Raises:
            GraphError: A layer or its parameters do not fit these shapes.
        """
        return self.contexts_for(tuple((*shape, batch) for shape in shapes or self.graph.input_shapes))

    def contexts_for(self, inputs: tuple[Shape, ...]) -> list[Context]:
        """Return the same, by the shapes (*shape, N) of the arrays that the graph is given."""
        try:
            return self._contexts[inputs]
        except KeyError:
            batch = inputs[0][-1]
            shapes = self.graph.shapes([shape[:-1] for shape in inputs])
            whole = {name: (*shape, batch) for name, shape in shapes.items()}
            contexts = self._contexts[inputs] = [self._context(node, whole) for node in self.graph.nodes]
            return contexts

    def _context(self, node: Node, shapes: Mapping[str, Shape]) -> Context:
        needs_input_gradient = self.graph.needs_input_gradient(node, self.input_gradients)
        if not node.parts:
            return self._context_of(node, node.name, shapes, needs_input_gradient)
        parts = {  # the last one has the name of the whole
            role: self._context_of(part, (node.name, part.name), shapes, needs_input_gradient)
            for role, part in node.parts.items()
        }
        return Context(self, node.name, node.name, shapes[node.name], needs_input_gradient, parts=parts)

    def _context_of(
        self, layer: Node, owner: Hashable, shapes: Mapping[str, Shape], needs_input_gradient: bool
    ) -> Context:
        store, names = self.parameters, layer.parameters
        return Context(
            self,
            layer.name,
            owner,
            shapes[layer.name],
            needs_input_gradient,
            params={short: store[name] for short, name in names.items()},
            grads={short: store.gradient(name) for short, name in names.items() if store.declared[name].trainable},
            added=self.graph.adds[layer.name],
        )

    def loss_context(self, batch: int, shape: Shape = (), output: str = "") -> Context:
        """Return the context of a loss, which stands behind an output of the graph.

        Args:
            batch: Examples in this shard.
            shape: Of one example of that output, where it differs from batch to batch.
            output: Its name, where the graph has several: each loss has buffers of its own.
        """
        key = batch, shape, output
        try:
            return self._loss_contexts[key]
        except KeyError:
            owner = "loss", output  # no name of a node, so that no layer shares these buffers
            context = self._loss_contexts[key] = Context(self, "(loss)", owner, (*shape, batch))
            return context

    def generator(self, name: str) -> np.random.Generator:
        if name not in self.generators:
            if self._make_generator is None:
                raise ValueError(f"{name} draws random numbers, but this workspace was given no generator")
            self.generators[name] = self._make_generator(name)
        return self.generators[name]
