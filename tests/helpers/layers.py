"""One layer as a whole network, for tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np

from trainer.engine.processes.communicator import SharedMemoryCommunicator
from trainer.models import Embedding, Embeddings, GraphBuilder, Input, Layer, ParameterStore, Step, Workspace
from trainer.models.communicator import Communicator

Shape = tuple[int, ...]


class SingleLayer:
    """A graph of one node.

    Every forward draws the same random numbers, so a layer is a function of its inputs. Layers that look up vectors get
    integers, which have no gradient.

    Args:
        layer: The layer under test.
        shapes: Shape of one example of each input.
        dtype: Of all arrays.
        seed: Of the parameters, which are random, and of the layer's random numbers.
        communicator: The connection to the other shards.
    """

    def __init__(
        self,
        layer: Layer,
        *shapes: Shape,
        dtype: str = "float64",
        seed: int = 0,
        communicator: Communicator | None = None,
    ) -> None:
        self.integers = isinstance(layer, Embedding | Embeddings)
        inputs = {f"x{i}": Input(shape, "int64" if self.integers else None) for i, shape in enumerate(shapes)}
        builder = GraphBuilder(inputs)
        builder.add("layer", layer, list(inputs))
        self.layer, self.shapes, self.dtype = layer, shapes, np.dtype(dtype)
        self.graph = builder.finish()
        self.store = ParameterStore(self.graph.parameters, dtype)
        self.workspace = Workspace(
            self.graph, self.store, communicator, lambda name: np.random.default_rng([seed, 1]), input_gradients=True
        )
        self.names = {short: name for node in self.graph.nodes for short, name in node.parameters.items()}
        self.learned = [short for short, name in self.names.items() if self.graph.parameters[name].trainable]
        rng = np.random.default_rng([seed, 2])
        for short, array in self.parameters.items():
            values = rng.normal(size=array.shape)
            array[...] = values if short in self.learned else abs(values) + 0.5  # kept ones may be variances

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        return {short: self.store[name] for short, name in self.names.items()}

    @property
    def gradients(self) -> dict[str, np.ndarray]:
        return {short: self.store.gradient(self.names[short]) for short in self.learned}

    @property
    def output_shape(self) -> Shape:
        return self.graph.output_shape

    def forward(
        self, *inputs: np.ndarray, training: bool = True, batch: int | None = None, offset: int = 0
    ) -> np.ndarray:
        """Return the output; the inputs are examples of a batch of ``batch`` (default: all), from ``offset`` on."""
        self.workspace.generators.clear()
        step = Step(batch=batch or inputs[0].shape[-1], offset=offset, training=training)
        return self.graph.forward(self.workspace, *inputs, step=step)

    def backward(self, dy: np.ndarray) -> list[np.ndarray]:
        """Return the gradient of each input that has one."""
        return [dx for dx in self.graph.backward(self.workspace, dy) if dx is not None]

    def inputs(self, batch: int, seed: int = 0) -> list[np.ndarray]:
        if self.integers:
            rng = np.random.default_rng([seed, 5])
            return [rng.integers(0, 3, (*shape, batch)) for shape in self.shapes]
        return [distinct((*shape, batch), seed + i, self.dtype) for i, shape in enumerate(self.shapes)]

    def output_gradient(self, batch: int, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng([seed, 3])
        return rng.normal(size=(*self.output_shape, batch)).astype(self.dtype)


def distinct(shape: Shape, seed: int = 0, dtype: np.dtype | str = "float64") -> np.ndarray:
    """Return random values in (−2, 2), at least 4 / size apart and 1 / size away from 0, so far from kinks."""
    size = int(np.prod(shape))
    places = np.random.default_rng([seed, 4]).permutation(size)
    return ((places + 0.25) / size * 4 - 2).reshape(shape).astype(dtype)


def run_shards(sizes: Sequence[int], work: Callable[[Communicator, slice], None]) -> None:
    """Run ``work(communicator, examples)`` for shards of these sizes in threads at the same time."""
    size, errors = len(sizes), []
    barrier = threading.Barrier(size, timeout=30)
    shared = {name: np.zeros(*layout) for name, layout in SharedMemoryCommunicator.layout(size).items()}
    gradients = [np.zeros(0)] * size

    def run(rank: int) -> None:
        communicator = SharedMemoryCommunicator(rank, size, shared, gradients, check=lambda: None)
        communicator.barrier = barrier.wait  # the real one waits without letting other threads run
        start = sum(sizes[:rank])
        try:
            work(communicator, slice(start, start + sizes[rank]))
        except BaseException as error:  # raised again below, in the thread of the test
            errors.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(len(sizes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
