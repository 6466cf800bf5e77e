"""What a layer or a loss knows during a step, and the memory that it gets for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from trainer.models.kernels.memory import Layout
from trainer.models.memory import overlaps
from trainer.models.shape import Shape

if TYPE_CHECKING:
    from trainer.models.workspace import Workspace

T = TypeVar("T")
_NONE: Mapping[str, np.ndarray] = MappingProxyType({})
_NO_PARTS: Mapping[str, Context] = MappingProxyType({})


class Step(NamedTuple):
    """A step as one shard sees it: a batch of ``batch`` examples, in which this shard's begin at ``offset``."""

    batch: int
    offset: int
    training: bool


class Arrays(SimpleNamespace):
    """Arrays by name, which may be written into but not replaced."""

    def __setattr__(self, name: str, array: np.ndarray) -> None:
        if getattr(self, name, None) is not array:  # ``grads.bias += db`` writes into the array, then sets the same one
            raise AttributeError(f"{name} keeps its array; write into it: {name}[...] = ...")


class Context:
    """What a node or a loss knows during a step; made once for each node and shape of the inputs.

    Args:
        workspace: The workspace of the shard.
        name: The name of the node, or of the loss.
        owner: Contexts of the same owner share buffers, since only one of them is in use at a time.
        output_shape: (*shape, N).
        needs_input_gradient: Whether backward must return the gradients of the inputs.
        params: The node's parameters by their short names.
        grads: The gradients of the learned ones, to be written.
        added: Short names of shared ones, whose gradients are added to those from other nodes.
        parts: If the node computes several layers, the context of each, by role.
        frozen: Whether all that the layer could learn is frozen, so that it keeps its running statistics too.

    Attributes:
        batch: Examples in this shard.
        dtype: The type of all outputs and gradients.
        inputs: The arguments of forward; a loss stores here what its backward needs.
        output: The result of forward.
        communicator: The connection to the other shards of the batch; layers call only its ``sum``.
        writes_kept: Whether this shard writes kept (not learned) parameters; one shard does so for all.
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
        frozen: bool = False,
    ) -> None:
        self.name = name
        self.batch = output_shape[-1]
        self.dtype = workspace.dtype
        self.output_shape = output_shape
        self.communicator = workspace.communicator
        self.writes_kept = workspace.communicator.rank == 0
        self.needs_input_gradient = needs_input_gradient
        self.frozen = frozen
        self.inputs: tuple[np.ndarray, ...] = ()
        self.output = np.empty(0, self.dtype)  # set by the graph after each forward
        self._workspace = workspace
        self._owner = owner
        self._made: dict[Hashable, Any] = {}
        self._buffers: dict[Hashable, np.ndarray] = {}
        self._scratch: dict[Hashable, np.ndarray] = {}
        self.taken: dict[int, np.ndarray] = {}  # buffers for input gradients: in this backward,
        self._last: dict[int, np.ndarray] = {}  # and in the last one that asked for them
        shares = {short: self.buffer(f"gradient of {short}", grads[short].shape) for short in grads if short in added}
        self.additions = [(grads[short], share) for short, share in shares.items()]  # to add to what others wrote
        self.params = SimpleNamespace(**params)
        self.grads = Arrays(**{**grads, **shares})
        self.parts = parts
        for part in parts.values():
            part.taken = self.taken  # they share the node's inputs
            self.additions += part.additions

    @property
    def step(self) -> Step:
        """The whole batch that this shard is part of: its size, this shard's place in it, training or not."""
        return self._workspace.step

    @property
    def training(self) -> bool:
        return self._workspace.step.training

    @property
    def generator(self) -> np.random.Generator:
        """This node's own stream of random numbers, the same in all workers.

        Each worker draws for the whole batch, ``step.batch`` examples, and uses the numbers of its shard, which begins
        at ``step.offset``. So the result does not depend on the number of workers.
        """
        return self._workspace.generator(self.name)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the result of ``make``, called only the first time; for views and plans that depend only on shapes."""
        try:
            return self._made[key]
        except KeyError:
            value = self._made[key] = make()
            return value

    def buffer(self, name: str, shape: Shape, dtype: np.dtype | type | None = None) -> np.ndarray:
        """Return an array of this node, whose contents last until the next step begins."""
        key = (name, shape, dtype)
        try:
            return self._buffers[key]
        except KeyError:
            array = self._workspace.buffers.view((self._owner, name), shape, np.dtype(dtype or self.dtype))
            self._buffers[key] = array
            return array

    def scratch(self, name: str, shape: Shape, dtype: np.dtype | type | None = None) -> np.ndarray:
        """Return an array shared by all nodes, whose contents last until the method that asked for it returns."""
        key = (name, shape, dtype)
        try:
            return self._scratch[key]
        except KeyError:
            array = self._scratch[key] = self._workspace.scratch.view(name, shape, np.dtype(dtype or self.dtype))
            return array

    def zeros(self, name: str, layout: Layout) -> np.ndarray:
        """Return a buffer that stays zero except where its layout says that it is written."""
        return self._workspace.buffers.zeros((self._owner, name), layout, self.dtype)

    def scratch_zeros(self, name: str, layout: Layout) -> np.ndarray:
        """Return scratch that stays zero except where its layout says that it is written; one array for each layout."""
        return self._workspace.scratch.zeros(name, layout, self.dtype)

    def ones(self, size: int) -> np.ndarray:
        """Return a read-only vector of ones; ``a @ ones`` is the fastest sum over a row."""
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
