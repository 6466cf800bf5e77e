"""Measures a network on a split, in the same way as training."""

from collections.abc import Iterator

import numpy as np

from trainer.datasets import Splits, batches
from trainer.engine.processes.blas import one_thread
from trainer.engine.processes.communicator import share
from trainer.engine.setup import Setup
from trainer.engine.tally import Tally
from trainer.models import ParameterStore
from trainer.models.communicator import Alone

LEAST_BATCH = 64


def evaluation_batches(count: int, batch_size: int, most: int | None = None) -> Iterator[np.ndarray]:
    """Yield the indices of each batch, in order. Small batches are made larger: without a backward they only cost time.

    Args:
        count: Number of examples.
        batch_size: The batch size of the run.
        most: Largest number of examples of a batch.
    """
    size = max(batch_size, LEAST_BATCH)
    return batches(count, size if most is None else min(size, most))


def measure(
    setup: Setup, parameters: ParameterStore, splits: Splits, split: str, workers: int, most: int | None = None
) -> tuple[Tally, np.ndarray]:
    """Return the sums over a split and the outputs (N, *output_shape), computed by this process alone.

    They equal those of a run with this many workers to the last bit: the same shards go through the same network, and
    their sums are added in the same order. The exception is a run whose batches have more than `most` examples.
    """
    worker = _EachInTurn(workers)
    shard = setup.shard(parameters, splits, state={}, communicator=worker)
    total, outputs = Tally(), []
    with one_thread(), np.errstate(all="ignore"):  # what is not finite shows in the figures
        for indices in evaluation_batches(len(getattr(splits, split)), setup.batch_size, most):
            rows = []
            for worker.rank in range(workers if len(indices) >= workers else 1):
                seen = shard.evaluate(split, indices)
                rows.append(seen.numbers())
                outputs.append(np.moveaxis(shard.workspace.active[-1].output, -1, 0).copy())
            total.add(seen.filled(np.add.reduce(rows, axis=0).tolist()))
    return total, np.concatenate(outputs)


class _EachInTurn(Alone):
    """Takes the place of several workers in turn. In an evaluation they exchange only their sums."""

    def __init__(self, size: int) -> None:
        self.size = size

    def part(self, batch: int) -> slice:
        return share(batch, self.rank, self.size, unit=1) if batch >= self.size else slice(0, batch)
