"""The steps of a case by our engine, as in a run, but with threads instead of worker processes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from threadpoolctl import threadpool_limits

from tests.random_networks.case import Case
from tests.random_networks.record import Record
from trainer.engine.processes import shared
from trainer.engine.processes.communicator import share
from trainer.engine.processes.workers import Workers
from trainer.engine.setup import Setup
from trainer.engine.shard import Shard
from trainer.engine.tally import Tally
from trainer.models import Graph
from trainer.models.kernels import convolution
from trainer.models.shape import Shape

PATIENCE = 60  # seconds until a thread that waits for another gives up


def run(case: Case) -> list[Record]:
    """Return the record of every step, up to the first with a value that is not finite; pass on exceptions."""
    with threadpool_limits(1, "blas"), winograd_everywhere(case.winograd), ThreadPoolExecutor(case.workers) as pool:
        shards, records = Shards(case, pool), []
        for number, (kind, indices) in enumerate(case.schedule()):
            record = shards.step(case.title(number), kind, indices)
            if record is None:
                break
            records.append(record)
        return records


def run_in_processes(case: Case) -> list[Record]:
    """Return the records with real worker processes, where only losses and parameters can be seen."""
    setup, records, updates = Setup(case.config), [], 0
    with Workers(case.config, case.workers) as workers:
        workers.start(setup, setup.splits())
        parameters = workers.parameters
        for name, values in initial_parameters(case.seed, setup.graph).items():
            parameters[name][...] = values
        for number, (kind, indices) in enumerate(case.schedule()):
            if kind == "train":
                updates += 1
                tally = workers.train(indices, setup.optimizer.lr, updates)
            else:
                tally = workers.evaluate("test", indices)
            after = {name: parameters[name].copy() for name in parameters}
            records.append(Record(case.title(number), tally.loss / tally.examples, None, None, after))
    return records


def initial_parameters(seed: int, graph: Graph) -> dict[str, np.ndarray]:
    """Return random parameters, even where a network would begin with zeros or ones."""
    rng = np.random.default_rng([seed, 2, 0])
    return {name: _initial(name, parameter.shape, rng) for name, parameter in graph.parameters.items()}


def _initial(name: str, shape: Shape, rng: np.random.Generator) -> np.ndarray:
    if len(shape) > 1:
        values = rng.normal(size=shape) * 1.4 / np.sqrt(np.prod(shape[1:]))
    elif name.endswith(("bias", "running_mean")):
        values = rng.normal(size=shape) / 3
    elif name.endswith("running_var"):
        values = rng.uniform(0.5, 1.5, shape)
    else:  # BatchNorm's weight, or one of an Expression
        values = rng.uniform(0.5, 1.5, shape) * rng.choice([1, 1, -1], shape)
    return np.asarray(values, np.float32)


@contextmanager
def winograd_everywhere(wanted: bool) -> Iterator[None]:
    """Compute every convolution that it fits with Winograd's kernel, within this context, if `wanted`."""
    before = convolution.LEAST_CHANNELS, convolution.LEAST_WORK
    if wanted:
        convolution.LEAST_CHANNELS, convolution.LEAST_WORK = 1, 0
    try:
        yield
    finally:
        convolution.LEAST_CHANNELS, convolution.LEAST_WORK = before


class Shards:
    """All shards of a case, in memory that they share as processes would."""

    def __init__(self, case: Case, pool: ThreadPoolExecutor) -> None:
        self._case, self._pool = case, pool
        self._barrier = threading.Barrier(case.workers, timeout=PATIENCE)
        setup = Setup(case.config)
        parameters, splits = setup.parameters(), setup.splits()
        for name, values in initial_parameters(case.seed, setup.graph).items():
            parameters[name][...] = values
        state = setup.optimizer.create_state(parameters.data.size, parameters.dtype)
        self._lr, self._updates = setup.optimizer.lr, 0
        if case.workers == 1:
            self._shards = [setup.shard(parameters, splits, state)]
            return
        numbers = shared.numbers(parameters, state)
        description, examples = shared.examples(splits)
        layout = shared.layout(numbers | examples, case.workers, len(splits.train))
        arrays = {name: np.zeros(shape, dtype) for name, (shape, dtype) in layout.items()} | examples
        self._shards = [self._shard(arrays, description, rank) for rank in range(case.workers)]
        for name, values in numbers.items():
            np.copyto(arrays[name], values)

    def step(self, title: str, kind: str, indices: np.ndarray) -> Record | None:
        """Do one step and return its record, or None if a value is not finite."""
        if kind == "train":
            self._updates += 1
            tally = self._all(lambda shard: shard.train(indices, self._lr, self._updates))
        else:
            tally = self._all(lambda shard: shard.evaluate("test", indices))
        if tally.fault or not np.isfinite(tally.loss):
            return None
        store = self._shards[0].parameters
        flat, size = [shard.parameters.gradients for shard in self._shards], len(self._shards)
        gradients = [own[share(own.size, rank, size)] for rank, own in enumerate(flat)]
        return Record(
            step=title,
            loss=tally.loss / tally.examples,
            outputs=self._outputs(len(indices)),
            gradients=store.views(np.concatenate(gradients)) if kind == "train" else {},
            parameters={name: store[name].copy() for name in store},
        )

    def _shard(self, arrays: dict[str, np.ndarray], description: bytes, rank: int) -> Shard:
        setup, size = Setup(self._case.config), self._case.workers
        shard = shared.shard(setup, arrays, description, rank, size, check=lambda: None)
        shard.communicator.barrier = self._barrier.wait  # the real one waits without letting other threads run
        return shard

    def _all(self, act: Callable[[Shard], Tally]) -> Tally:
        """Let every shard act and return the tally, which is the same for all."""

        def work(shard: Shard) -> Tally:
            try:
                with np.errstate(all="ignore"):
                    return act(shard)
            except BaseException:
                self._barrier.abort()
                raise

        futures = [self._pool.submit(work, shard) for shard in self._shards]
        errors = [error for future in futures if (error := future.exception())]
        for error in sorted(errors, key=lambda error: isinstance(error, threading.BrokenBarrierError)):
            raise error
        return futures[0].result()

    def _outputs(self, batch: int) -> np.ndarray:
        """Return the outputs (N, K), joined from the shards' parts of the batch."""
        size = len(self._shards)
        if batch < size:  # every shard has done the whole batch
            return self._shards[0].workspace.active[-1].output.T.copy()
        return np.concatenate([shard.workspace.active[-1].output for shard in self._shards], axis=1).T
