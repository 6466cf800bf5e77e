"""What the trained network makes of examples that it has not learned from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trainer.datasets import INPUT, TARGET, Source, Splits, Subset
from trainer.engine.setup import Setup
from trainer.problems import Problem
from trainer.runs.network import Network

MOST_EXAMPLES = 10_000
MOST_PRODUCTS = 15_000_000_000  # multiply-accumulates: some tenths of a second


@dataclass(frozen=True)
class Predictions:
    """Examples of a run, and what its network makes of them.

    Attributes:
        split: test; validation where there is no test.
        available: How many examples the split has.
        splits: All examples of the run, within its limits.
        source: Those that were predicted.
        targets: Theirs, (N, ...).
        outputs: Of the network, (N, K).
        problem: What outputs mean.
    """

    split: str
    available: int
    splits: Splits
    source: Source
    targets: np.ndarray
    outputs: np.ndarray
    problem: Problem

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
        return read(self.source, indices, name)


def read(source: Source, indices: np.ndarray, name: str = INPUT) -> np.ndarray:
    """Return one field of examples of a source, (n, *shape)."""
    field = source.fields[name]
    out = np.empty((len(indices), *field.shape), field.dtype)
    source.read(np.asarray(indices, np.int64), {name: out}, None)
    return out


def predict(network: Network) -> Predictions | None:
    """Return what a network makes of the test of its run, else of its validation; None where there is neither.

    Of many examples some are taken, spread evenly, so that it takes no longer than a person waits.

    Raises:
        UserError, OSError: The data cannot be read, as where they have moved.
    """
    splits = Setup(network.config).splits()
    split = next((name for name in ("test", "validation") if len(getattr(splits, name))), None)
    if split is None:
        return None
    everything: Source = getattr(splits, split)
    products = max(1, sum(node.layer.macs(*node.input_shapes) for node in network.graph.layers))
    most = min(MOST_EXAMPLES, max(100, MOST_PRODUCTS // products), len(everything))
    source = Subset(everything, np.linspace(0, len(everything) - 1, most).astype(np.int64))
    targets = source.read_all(TARGET)
    outputs = np.empty((most, *network.graph.output_shape), network.parameters.dtype)
    for indices, batch in network.batches(network.dataset.loader(source), most):
        outputs[indices] = np.moveaxis(batch, -1, 0)
    return Predictions(split, len(everything), splits, source, targets, outputs, network.problem)
