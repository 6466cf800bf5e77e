"""Predictions of the trained network for examples that it was not trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trainer.datasets import INPUT, TARGET, DataError, Dataset, Draw, Source, Splits, Subset, batches
from trainer.datasets.source import WEIGHT
from trainer.engine.setup import Setup
from trainer.models import Graph, Workspace, fuse
from trainer.problems import Problem
from trainer.runs import data
from trainer.runs.network import Network

MOST_EXAMPLES = 10_000
CHUNK_BYTES = 2 << 20  # of examples that are read at a time
MOST_PRODUCTS = 15_000_000_000  # multiply-accumulates: some tenths of a second


@dataclass(frozen=True)
class Predictions:
    """Examples of a run, and the outputs of its network for them.

    Attributes:
        split: test; validation where there is no test.
        available: How many examples the split has.
        splits: All examples of the run, within its limits.
        source: Those that were predicted, N.
        numbers: Theirs in the split, (N,).
        targets: Theirs, (N, ...).
        outputs: The outputs of the network, (N, K).
        network: What predicted them.
    """

    split: str
    available: int
    splits: Splits
    source: Source
    numbers: np.ndarray
    targets: np.ndarray
    outputs: np.ndarray
    network: Network

    @property
    def problem(self) -> Problem:
        """What outputs mean."""
        return self.network.problem

    @property
    def dataset(self) -> Dataset:
        """The data set of the examples."""
        return self.network.dataset

    @cached_property
    def probabilities(self) -> np.ndarray:
        """What users see of the outputs, (N, K): see `Problem.probabilities`."""
        return self.problem.probabilities(self.outputs)

    @cached_property
    def labels(self) -> np.ndarray:
        """The true class of each example, (N,)."""
        return self.targets if self.targets.ndim == 1 else self.targets.argmax(axis=1)

    @cached_property
    def predicted(self) -> np.ndarray:
        """The best guess at each target, (N, ...)."""
        return self.problem.predictions(self.outputs)

    def read(self, indices: np.ndarray, name: str = INPUT) -> np.ndarray:
        """Return an input of some of the examples, (n, *shape), as it is stored after the transforms."""
        return Subset(self.source, indices).read_all(name)

    @property
    def counted(self) -> str:
        """How many examples of which split, in words."""
        part = "" if len(self.targets) == self.available else f" of {self.available:,}"
        return f"{len(self.targets):,}{part} examples of the {self.split}"


def computed(network: Network) -> Graph:
    """Return the graph that the run computes: that of the network, with its chains fused unless fuse=false."""
    return fuse(network.graph) if network.config["fuse"] else network.graph


def examples_in_time(network: Network) -> int:
    """Return how many examples a network takes in some tenths of a second."""
    return MOST_PRODUCTS // max(1, sum(node.layer.macs(*node.input_shapes) for node in network.graph.layers))


def inputs_of(source: Source, indices: Sequence[int] | np.ndarray, draw: Draw | None = None) -> dict[str, np.ndarray]:
    """Return the inputs of examples by name, (n, *shape), as they are stored after the transforms.

    Args:
        source: The examples.
        indices: The indices of those to read, (n,).
        draw: The random numbers by which they are augmented.
    """
    fields = {name: field for name, field in source.fields.items() if name not in (TARGET, WEIGHT)}
    found = {name: np.empty((len(indices), *field.shape), field.dtype) for name, field in fields.items()}
    source.read(np.asarray(indices, np.int64), found, draw)
    return found


def in_chunks(source: Source, indices: Sequence[int] | np.ndarray) -> Iterator[dict[str, np.ndarray]]:
    """Yield what `inputs_of` returns, for as many examples at a time as fit into `CHUNK_BYTES`, at least one."""
    count = max(1, CHUNK_BYTES // max(1, sum(field.nbytes for field in source.fields.values())))
    for start in range(0, max(1, len(indices)), count):
        yield inputs_of(source, indices[start : start + count])


def predict(network: Network, splits: Splits | None = None) -> Predictions | None:
    """Return a network's predictions for the test of its run, else for its validation; None where there is neither.

    Of many examples a part is taken, spread evenly, so that it takes only tenths of a second.

    Args:
        network: The network of the run.
        splits: The run's examples; None: read them.

    Raises:
        UserError, OSError: The data cannot be read, as where they have moved, or they have changed.
    """
    if splits is None:
        splits = Setup(network.config).splits()
        if remark := data.changed(network.trained_on, splits):
            raise DataError(f"{network.dataset.name}: {remark}")
    split = next((name for name in ("test", "validation") if len(getattr(splits, name))), None)
    if split is None:
        return None
    everything: Source = getattr(splits, split)
    most = min(MOST_EXAMPLES, max(100, examples_in_time(network)), len(everything))
    numbers = np.linspace(0, len(everything) - 1, most).astype(np.int64)
    source = Subset(everything, numbers)
    targets = source.read_all(TARGET)
    loader, graph = network.dataset.loader(source), computed(network)
    outputs = np.empty((most, *graph.output_shape), network.parameters.dtype)
    workspace = Workspace(graph, network.parameters)  # not the network's own, which would stay
    for indices in batches(most, network.batch_size):
        inputs = workspace.inputs(len(indices))
        loader.load(indices, *inputs)
        with np.errstate(all="ignore"):
            outputs[indices] = np.moveaxis(graph.forward(workspace, *inputs), -1, 0)
    return Predictions(split, len(everything), splits, source, numbers, targets, outputs, network)
