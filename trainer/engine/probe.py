"""The output of every layer between two steps of a run, without changing a bit of it."""

from functools import cached_property
from math import prod

import numpy as np

from trainer.datasets import Loader
from trainer.ground.streams import stream
from trainer.models import Graph, ParameterStore, Workspace

MOST = 128  # examples
MOST_BYTES = 64 << 20  # of their activations


class Probe:
    """Computes all layers, as configured, on some training examples, always the same ones.

    Layers are not fused here, so every one can be seen. The network predicts: there is no dropout, and BatchNorm uses
    its running statistics. The examples are not augmented.

    Args:
        graph: The layers as configured.
        parameters: The parameters of the run, as they are at any time; to be read, not written to.
        loader: The loader of the training examples.
        seed: The seed of the run; it chooses the examples.
    """

    def __init__(self, graph: Graph, parameters: ParameterStore, loader: Loader, seed: int) -> None:
        self.graph, self.parameters, self._loader, self._seed = graph, parameters, loader, seed

    def __call__(self) -> dict[str, np.ndarray]:
        """Return each layer's output (*shape, N) by its name; valid until the next call, and not to be written to."""
        self.graph.forward(self._workspace, *self._inputs)
        return {context.name: context.output for context in self._workspace.active}

    @cached_property
    def _workspace(self) -> Workspace:
        return Workspace(self.graph, self.parameters)

    @cached_property
    def _inputs(self) -> list[np.ndarray]:
        """The examples, read once: they may be pictures in files."""
        values = sum(map(prod, [*self.graph.input_shapes, *(node.output_shape for node in self.graph.nodes)]))
        fitting = max(1, MOST_BYTES // (values * self.parameters.dtype.itemsize))
        available = len(self._loader.source)
        chosen = stream(self._seed, "probe").permutation(available)[: min(MOST, fitting)]
        inputs = [array.copy(order="K") for array in self._workspace.inputs(len(chosen))]
        self._loader.load(np.sort(chosen), *inputs)
        return inputs
