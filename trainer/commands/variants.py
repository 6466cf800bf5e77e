"""Does steps of a network in two ways: each node apart from the others (the standard), and as in training."""

from __future__ import annotations

import copy
import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from time import monotonic, sleep

import numpy as np

from trainer.engine.processes.communicator import Barrier, SharedMemoryCommunicator
from trainer.ground.streams import stream
from trainer.models import Context, Graph, GraphError, Input, ParameterStore, Step, Workspace
from trainer.models.communicator import Alone, Communicator
from trainer.models.losses import Loss
from trainer.models.memory import aligned_empty
from trainer.models.node import Node
from trainer.problems import Problem

INPUT = "the input"
CHANGE = 0.3  # of every parameter between two steps, relative
SHIFT = 0.05  # and absolute: biases begin at 0
PATIENCE = 10  # seconds that a worker waits for others once one has finished
PAUSE = 2e-5  # seconds between a worker's looks at how far the others are
Sizes = Sequence[tuple[str, int]]

SMALL: Sizes = (
    ("step", 8),
    ("step", 6),
    ("evaluation", 8),
    ("step", 8),
    ("step", 4),
    ("step", 5),
    ("evaluation", 6),
    ("step", 8),
)
"""4 examples of 2 channels are as large as 8 of one channel; 5 make shards of two sizes."""
LARGEST = 64


def large(batch_size: int) -> Sizes:
    """Return batches as large as in training, if that is not too slow, and a smaller one like an epoch's last."""
    size = min(batch_size, LARGEST)
    return ("step", size), ("step", min(size, max(2, size * 3 // 4))), ("evaluation", size), ("step", size)


@dataclass(frozen=True)
class Call:
    """A step without its update, or an evaluation: everything its result depends on."""

    name: str  # "step 2, batch of 6"
    training: bool
    inputs: np.ndarray  # (*shape, N)
    targets: np.ndarray  # (*target_shape, N)
    parameters: dict[str, np.ndarray]  # learned and kept, before the call
    seed: int

    @property
    def size(self) -> int:
        return self.inputs.shape[-1]

    def generator(self, node: str) -> np.random.Generator:
        """Return the random numbers of a node, different ones in each call."""
        return stream(self.seed, f"layer {node}, {self.name}")


@dataclass
class Result:
    """The result of a call."""

    loss: float  # the mean over the batch
    outputs: dict[str, np.ndarray]  # of every node
    kept: dict[str, np.ndarray]  # running statistics after the call
    gradients: dict[str, np.ndarray] = field(default_factory=dict)  # of a step, by the input and what is learned


@contextmanager
def quick_collections() -> Iterator[None]:
    """Let garbage collections look only at new objects: looking at all that a process has loaded takes long."""
    frozen = gc.get_freeze_count()
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        if not frozen:  # else someone else froze objects, and they stay so
            gc.unfreeze()


def script(graph: Graph, parameters: ParameterStore, problem: Problem, seed: int, sizes: Sizes) -> list[Call]:
    """Return steps and evaluations to do in a row, on random inputs and targets.

    All parameters change before each step, as by an update. They change before the first one too, because zero biases
    put ReLUs at their kink where the inputs are zero.

    Args:
        graph: With one input.
        parameters: Those before the first step.
        problem: Draws the targets.
        seed: The seed of all random numbers.
        sizes: Kind and batch size of each.
    """
    rng, calls, counts = stream(seed, "gradcheck"), [], Counter()
    (shape,) = graph.input_shapes
    values = {name: parameters[name].copy() for name in parameters}
    for kind, size in sizes:
        counts[kind] += 1
        if kind == "step":
            values = {name: _changed(array, graph.parameters[name].trainable, rng) for name, array in values.items()}
        inputs = rng.normal(size=(*shape, size))
        targets = problem.random_targets(rng, size)
        calls.append(Call(f"{kind} {counts[kind]}, batch of {size}", kind == "step", inputs, targets, values, seed))
    return calls


def _changed(array: np.ndarray, learned: bool, rng: np.random.Generator) -> np.ndarray:
    """Return changed values; kept ones never become negative, since they may be variances."""
    shift = rng.uniform(-SHIFT if learned else 0, SHIFT, array.shape)
    return np.asarray(array * rng.uniform(1 - CHANGE, 1 + CHANGE, array.shape) + shift)


class Apart:
    """A call with a copy of every node in a new workspace of its own: no other node and no other call can interfere.

    Attributes:
        arrays: What the loss is differentiated by: the input, and the learned parameters by name. Their values may
            be changed.
    """

    def __init__(self, graph: Graph, loss: Loss, call: Call) -> None:
        gc.collect()  # frees the last one's memory: workspaces and contexts refer to one another
        self.call, self._loss = call, copy.deepcopy(loss)
        self._step = Step(batch=call.size, offset=0, training=call.training)
        self._parameters = {name: array.copy() for name, array in call.parameters.items()}
        learned = [name for name, parameter in graph.parameters.items() if parameter.trainable]
        (source,) = graph.inputs
        self._values = {source: call.inputs.copy()}
        self.arrays = {INPUT: self._values[source]} | {name: self._parameters[name] for name in learned}
        self._nodes = [_Single(node, graph, call) for node in graph.nodes]

    def run(self) -> Result:
        """Do the whole call and return its result."""
        for node in self._nodes:
            node.parameters = {name: self._parameters[name] for name in node.store}
            self._forward(node)
            for name in node.kept:  # another node may keep it too
                self._parameters[name] = node.store[name].copy()
        outputs = {node.name: self._values[node.name].copy() for node in self._nodes}
        kept = {name: array for name, array in self._parameters.items() if name not in self.arrays}
        return Result(self._mean_loss(), outputs, kept, self._backward() if self.call.training else {})

    def loss(self, user: int = 0) -> float:
        """Return the mean loss with `arrays` as they are now; only node `user` and those after it compute again."""
        for node in self._nodes[user:]:
            self._forward(node)
        return self._mean_loss()

    def first_user(self, name: str) -> int:
        """Return the number of the first node that needs an array."""
        return 0 if name == INPUT else next(i for i, node in enumerate(self._nodes) if name in node.parameters)

    def _forward(self, node: _Single) -> None:
        for name, array in node.parameters.items():
            node.store[name][...] = array
        node.workspace.generators.clear()
        inputs = [self._values[source] for source in node.graph.inputs]
        self._values[node.name] = node.graph.forward(node.workspace, *inputs, step=self._step)

    def _mean_loss(self) -> float:
        node = self._nodes[-1]
        return self._loss.forward(node.loss_context, self._values[node.name], self.call.targets) / self.call.size

    def _backward(self) -> dict[str, np.ndarray]:
        """Return the gradients of `arrays`: the sums over all users."""
        last = self._nodes[-1]
        by_outputs = {last.name: self._loss.backward(last.loss_context)}
        gradients = {name: np.zeros_like(array) for name, array in self.arrays.items()}
        for node in reversed(self._nodes):
            given = node.graph.backward(node.workspace, by_outputs.pop(node.name))
            for source, gradient in zip(node.graph.inputs, given, strict=True):
                by_outputs[source] = by_outputs[source] + gradient if source in by_outputs else gradient.copy()
            for name in node.learned:
                gradients[name] += node.store.gradient(name)
        (gradients[INPUT],) = by_outputs.values()
        return gradients


class _Single:
    """A node as a network of its own."""

    def __init__(self, node: Node, graph: Graph, call: Call) -> None:
        self.name = node.name
        inputs = {name: Input(shape) for name, shape in zip(node.inputs, node.input_shapes, strict=True)}
        declared = {name: graph.parameters[name] for name in node.parameters.values()}
        self.graph = Graph(inputs, [copy.deepcopy(node)], declared)
        self.store = ParameterStore(declared, "float64")
        self.learned = [name for name, parameter in declared.items() if parameter.trainable]
        self.kept = [name for name in declared if name not in self.learned]
        self.workspace = Workspace(self.graph, self.store, generator=call.generator, input_gradients=True)
        self.parameters: dict[str, np.ndarray] = {}  # the values it computes with
        self._size = call.size

    @property
    def loss_context(self) -> Context:
        return self.workspace.loss_context(self._size)


class Variant:
    """Calls as in training: in one workspace for all of them, or in one for each worker's shard of the batch.

    The workers are threads here, each with its own graph and loss. Memory whose content is no longer needed is filled
    with NaN.

    Args:
        name: Which network this is.
        graph, loss: The graph and loss of the network.
        shards: How many workers.
        precision: float32 or float64.
    """

    def __init__(self, name: str, graph: Graph, loss: Loss, shards: int, precision: str = "float64") -> None:
        gc.collect()  # frees the last one's memory: workspaces and contexts refer to one another
        self.name = f"{name}, {f'{shards} shards' if shards > 1 else 'whole'}, {precision}"
        shared: dict[str, np.ndarray] = {}

        def allocate(kind: str, size: int, dtype: np.dtype) -> np.ndarray:
            array = aligned_empty(size, dtype)
            return array if kind == "gradients" else shared.setdefault(kind, array)

        self._stores = [ParameterStore(graph.parameters, precision, allocate) for _ in range(shards)]
        self._errors: list[BaseException] = []
        self._ended = inf  # when the first worker came to the end of the call
        layout = SharedMemoryCommunicator.layout(shards)
        arrays = {name: np.zeros(shape, kind) for name, (shape, kind) in layout.items()}
        gradients = [store.gradients for store in self._stores]
        self._workers = []
        for rank, store in enumerate(self._stores):
            communicator: Communicator = Alone()
            if shards > 1:
                communicator = among = SharedMemoryCommunicator(rank, shards, arrays, gradients, self._check)
                among.barrier = _Barrier(arrays["counters"], rank, shards, self._check)
            self._workers.append(_Worker(*copy.deepcopy((graph, loss)), store, communicator))

    def run(self, call: Call) -> Result:
        """Do a call with the parameters it names, and return its result."""
        store = self._stores[0]
        for name, array in call.parameters.items():
            store[name][...] = array
        self._ended = inf
        if len(self._workers) == 1:
            parts = [self._part(self._workers[0], call)]
        else:
            with ThreadPoolExecutor(len(self._workers)) as pool:
                parts = list(pool.map(lambda worker: self._part(worker, call), self._workers))
        if call.size < len(parts):  # every worker does it as a whole
            parts = parts[:1]
        outputs = {name: np.concatenate([part.outputs[name] for part in parts], -1) for name in parts[0].outputs}
        kept = {name: store[name].copy() for name, parameter in store.declared.items() if not parameter.trainable}
        result = Result(sum(part.loss for part in parts), outputs, kept)
        if call.training:
            flat = np.concatenate([each.store.gradients[each.mine] for each in self._workers])
            result.gradients = parts[0].gradients | store.views(flat)
        return result

    def _part(self, worker: _Worker, call: Call) -> Result:
        try:
            with np.errstate(all="ignore"):
                result = worker.run(call)
        except BaseException as error:
            self._errors.append(error)
            raise
        self._ended = min(self._ended, monotonic())
        return result

    def _check(self) -> None:
        """Raise if the workers that this one waits for will never come."""
        if self._errors:
            raise self._errors[0]
        if monotonic() - self._ended > PATIENCE:
            problem = "some shards take part in an exchange and others do not"
            raise GraphError(problem, "let a layer call ctx.communicator.sum equally often in all of them")


class _Worker:
    """Does its part of a call, as `trainer.engine.shard.Shard` does."""

    def __init__(self, graph: Graph, loss: Loss, store: ParameterStore, communicator: Communicator) -> None:
        self.graph, self.loss, self.store, self.communicator = graph, loss, store, communicator
        whole = communicator.size == 1  # shards do without the gradient of the input, as training does
        self._workspace = Workspace(graph, store, communicator, self._generator, input_gradients=whole, poisoned=True)
        self.mine = slice(None)  # its part of the gradients
        self._call: Call | None = None

    def run(self, call: Call) -> Result:
        self._call = call
        self._workspace.generators.clear()
        part = self.communicator.part(call.size)
        size = part.stop - part.start
        (inputs,) = self._workspace.inputs(size)
        np.copyto(inputs, call.inputs[..., part])
        step = Step(batch=call.size, offset=part.start, training=call.training)
        outputs = self.graph.forward(self._workspace, inputs, step=step)
        context = self._workspace.loss_context(size)
        loss = self.loss.forward(context, outputs, call.targets[..., part]) / call.size
        contexts = zip(self.graph.nodes, self._workspace.contexts(size), strict=True)
        result = Result(loss, {node.name: of_node.output.copy() for node, of_node in contexts}, {})
        if call.training:
            self.communicator.before_backward()
            (by_input,) = self.graph.backward(self._workspace, self.loss.backward(context))
            self.mine = self.communicator.reduce(self.store.gradients)
            result.gradients = {} if by_input is None else {INPUT: by_input.copy()}
        return result

    def _generator(self, node: str) -> np.random.Generator:
        return self._call.generator(node)


class _Barrier(Barrier):
    """For threads: one that spins would keep the interpreter from those that it waits for."""

    def _wait(self, place: int, turn: int) -> None:
        while self._counters[place] < turn:
            self._check()
            sleep(PAUSE)
