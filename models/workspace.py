"""The memory of a step.

Every shard (one worker's share of a batch) has one workspace. It hands out the same buffers at every step, so training
allocates nothing once it is under way. It also holds the state of a step, so layers need none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from trainer.models.communicator import Alone, Communicator
from trainer.models.context import Context, Step
from trainer.models.memory import Arena, GradientPool, Memory, spoil
from trainer.models.shape import Shape

if TYPE_CHECKING:
    from trainer.models.graph import Graph
    from trainer.models.node import Node
    from trainer.models.parameters import ParameterStore


class Workspace:
    """The contexts and buffers of one shard, for all batch sizes and input shapes.

    Args:
        graph: The network.
        parameters: Its parameters and this shard's gradients.
        communicator: The connection to the other shards of the batch.
        generator: Returns a node's stream of random numbers, given the node's name.
        input_gradients: Also compute the gradient of the loss with respect to the network's inputs of floats.
        poisoned: Whether to fill dead memory with NaN and verify zeros, see :mod:`models.memory`; None: if the
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
        """Return an array ``(*shape, batch)`` for each input of the graph, to load examples into.

        It lies batch-first in memory, like the examples, if that is as fast for all nodes that read it.

        Args:
            batch: Examples in this shard.
            shapes: The shapes of one example of each input; none: those that the graph was built for.
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
        """Return whether this array holds a gradient that some node has yet to read."""
        for gradient in self.pending:  # noqa: SIM110  in half the time of any(...)
            if gradient is not None and np.may_share_memory(array, gradient):
                return True
        return False

    def begin_step(self, step: Step) -> None:
        """Begin a step: all buffers of the step before are dead."""
        self.step = step
        if self.poisoned:
            self.buffers.spoil()
            self.gradients.spoil(())

    def begin_call(self) -> None:
        """In the poisoned mode, spoil scratch and gradients that have been read, before each call of a layer."""
        self.scratch.spoil()
        self.gradients.spoil(self.alive)

    def begin_backward(self) -> None:
        """In the poisoned mode, fill gradients with NaN, so that one that a layer forgets to write shows."""
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
        """Return one context for each node, in the order of ``graph.nodes``.

        Args:
            batch: Examples in this shard.
            shapes: The shapes of one example of each input; none: those that the graph was built for.

        Raises:
            GraphError: A layer or its parameters do not fit these shapes.
        """
        return self.contexts_for(tuple((*shape, batch) for shape in shapes or self.graph.input_shapes))

    def contexts_for(self, inputs: tuple[Shape, ...]) -> list[Context]:
        """Return the contexts for arrays of the shapes (*shape, N)."""
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
            grads=self._gradients_of(layer, owner),
            added=self.graph.adds[layer.name],
            frozen=self.graph.is_frozen(layer),
        )

    def _gradients_of(self, layer: Node, owner: Hashable) -> dict[str, np.ndarray]:
        """Return the arrays where a layer writes gradients of its parameters; those of frozen ones are not read."""
        store, found = self.parameters, {}
        for short, name in layer.parameters.items():
            declared = store.declared[name]
            if declared.trainable:
                found[short] = store.gradient(name)
            elif declared.frozen:
                found[short] = self.buffers.view((owner, f"unread gradient of {short}"), declared.shape, self.dtype)
        return found

    def loss_context(self, batch: int, shape: Shape = (), output: str = "") -> Context:
        """Return the context of a loss on an output of the graph.

        Args:
            batch: Examples in this shard.
            shape: The shape of one example of that output, if it differs from batch to batch.
            output: Its name, if the graph has several; each loss has its own buffers.
        """
        key = batch, shape, output
        try:
            return self._loss_contexts[key]
        except KeyError:
            owner = "loss", output  # not the name of a node, so no layer shares these buffers
            context = self._loss_contexts[key] = Context(self, "(loss)", owner, (*shape, batch))
            return context

    def generator(self, name: str) -> np.random.Generator:
        if name not in self.generators:
            if self._make_generator is None:
                raise ValueError(f"{name} draws random numbers, but this workspace was given no generator")
            self.generators[name] = self._make_generator(name)
        return self.generators[name]
