"""The state of a run between two steps, to a checkpoint and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.engine.processes.workers import Workers
from trainer.engine.shard import Generators
from trainer.engine.tally import Tally
from trainer.models import Graph
from trainer.problems import Problem
from trainer.runs import history
from trainer.runs.checkpoint import SLOTS, Checkpoint, CheckpointError
from trainer.runs.resume import fingerprint

if TYPE_CHECKING:
    from trainer.training.callbacks.callback import Callback
    from trainer.training.run import Run


def capture(
    run: Run, workers: Workers, trained: Tally, seconds: dict[str, float], callbacks: Sequence[Callback] = ()
) -> Checkpoint:
    """Return a copy of everything that the rest of the run depends on.

    Args:
        run: With its history and counts.
        workers: With the parameters and the optimizer's slots.
        trained: Tally of the epoch that is not finished.
        seconds: As in `checkpoint.SCHEMA`.
        callbacks: Whose state is kept.

    Raises:
        TypeError: A callback's state is not JSON.
    """
    store = workers.parameters
    tensors = {name: store[name].copy() for name in store}
    for slot, flat in workers.state.items():
        tensors |= {f"{SLOTS}{slot}/{name}": array.copy() for name, array in store.views(flat).items()}
    metadata = {
        "config": run.config,
        "fingerprint": fingerprint(run.config),
        "epoch": run.epoch,
        "step": run.step,
        "steps_per_epoch": run.steps_per_epoch,
        "tally": {"samples": trained.examples} | {name: _plain_sum(value) for name, value in trained.sums.items()},
        "seconds": seconds,
        **history.kept(run.history, run.written),
        **({"data": run.data} if run.data else {}),
        **({"started_from": run.started_from} if run.started_from else {}),
        "best": run.best,
        "generators": workers.generators,
    }
    states = {name: callback.state() for name, callback in _keepers(callbacks).items()}
    if kept := {name: _plain(name, given) for name, given in states.items() if given is not None}:
        metadata["callbacks"] = kept
    return Checkpoint(tensors, metadata)


def restore(saved: Checkpoint, run: Run, workers: Workers, callbacks: Sequence[Callback] = ()) -> Tally:
    """Restore everything to the state in `saved`, and return the tally of the epoch that is not finished.

    Raises:
        CheckpointError: It does not belong to this run.
    """
    metadata, store = saved.metadata, workers.parameters
    if metadata["steps_per_epoch"] != run.steps_per_epoch:
        raise CheckpointError(
            f"{saved.origin}: an epoch had {metadata['steps_per_epoch']} steps and now has {run.steps_per_epoch}; "
            "the data has changed"
        )
    saved.restore(store)
    for slot, flat in workers.state.items():
        saved.copy(saved.slots(slot), store.views(flat))
    run.epoch, run.step = metadata["epoch"], metadata["step"]
    run.history = history.read(saved, run.directory, workers.shard.problem.metrics)
    run.started_from = metadata.get("started_from")
    run.written, run.best = history.written(saved), metadata["best"]
    for name, callback in _keepers(callbacks).items():
        if name in metadata.get("callbacks", {}):
            try:
                callback.restore(metadata["callbacks"][name])
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise CheckpointError(f"{saved.origin}: metadata: callbacks.{name}: {error!r}") from error
    return _tally(saved, workers.shard.problem)


def _plain_sum(value: float | np.ndarray) -> float | list[float] | None:
    """Return a sum as a checkpoint has it."""
    if np.isnan(value).any():
        return None
    return value.tolist() if isinstance(value, np.ndarray) else value


def _tally(saved: Checkpoint, problem: Problem) -> Tally:
    """Return the tally in a checkpoint. A sum that is missing, as in an earlier version, is NaN."""
    sums = dict(saved.metadata["tally"])
    count = sums.pop("samples", 0)  # of examples
    if not count:
        return Tally()
    rng = np.random.default_rng(0)
    example = problem.measures(rng.normal(size=(*problem.output_shape, 1)), problem.random_targets(rng, 1))
    example = {"loss": 0.0, **example}
    for name, value in sums.items():
        if name not in example or (value is not None and np.shape(value) != np.shape(example[name])):
            raise CheckpointError(f"{saved.origin}: metadata: tally: {name} is not a sum of {type(problem).__name__}")
    known = {name: value for name, value in sums.items() if value is not None}
    return Tally(count, {name: np.array(v) if isinstance(v := known.get(name, nan), list) else v for name in example})


def generators(saved: Checkpoint, graph: Graph) -> Generators:
    """Return the states of a network's random streams. Raises CheckpointError unless they are such states."""
    states, names = saved.metadata["generators"], {node.name for node in graph.nodes}
    for name, state in states.items():
        if name not in names:
            raise CheckpointError(f"{saved.origin}: metadata: generators: no layer {name}")
        try:
            np.random.PCG64().state = state
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            raise CheckpointError(f"{saved.origin}: metadata: generators.{name}: not a generator's state") from error
    return states


def _keepers(callbacks: Sequence[Callback]) -> dict[str, Callback]:
    """Return the callbacks that keep state, by name; further ones of the same name are numbered."""
    found: dict[str, Callback] = {}
    for callback in (each for each in callbacks if each.keeps_state):
        name = key = callback.name or type(callback).__name__
        number = 1
        while key in found:
            number += 1
            key = f"{name} {number}"
        found[key] = callback
    return found


def _plain(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return a callback's state as it will be read back: a copy, of plain values."""
    try:
        copied = json.loads(json.dumps(given))
    except (TypeError, ValueError) as error:
        raise TypeError(f"callbacks.{name}: its state is not JSON: {error}") from error
    if not isinstance(copied, dict):
        raise TypeError(f"callbacks.{name}: its state is {type(given).__name__}, not a mapping")
    return copied
