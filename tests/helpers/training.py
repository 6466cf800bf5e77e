"""Runs of a small network, to stop and compare."""

import csv
import json
from pathlib import Path

from tests.helpers.checkpoints import assert_same
from tests.helpers.runs import composed
from trainer.runs import checkpoint, data, history
from trainer.runs.checkpoint import Checkpoint
from trainer.training import fit
from trainer.training.callbacks import Callback

LAYERS = {
    "flatten": {"_target_": "models.Flatten"},
    "fc1": {"_target_": "models.Linear", "out_features": 16},
    "norm1": {"_target_": "models.BatchNorm"},
    "act1": {"_target_": "models.ReLU"},
    "drop1": {"_target_": "models.Dropout", "p": 0.3},
    "head": {"_target_": "models.Linear", "out_features": 10},
}
# 5 steps an epoch, in this process alone.
SMALL = (
    *("data=digits", "batch_size=300", "parallel.workers=1"),
    *("callbacks.curves=null", "callbacks.report=null"),
)
TIMES = ("seconds", "samples_per_second")


def small_config(*overrides: str, **values: object) -> dict:
    """Return the checked configuration of a network that trains an epoch in milliseconds; values replace whole keys.

    It trains on digits as they are, 8x8, unless an override chooses data.
    """
    as_they_are = () if any(override.startswith("data=") for override in overrides) else ("~data.transforms.resize",)
    config = composed(*SMALL, *as_they_are, "epochs=4", *overrides)
    return config | {"model": {"layers": LAYERS}} | values


class CrashError(Exception):
    """An exception that no run expects."""


def crash(run) -> None:
    raise CrashError


class At(Callback):
    """Does something after a step."""

    def __init__(self, step: int, action) -> None:
        self.step, self.action = step, action

    def on_batch_end(self, run) -> None:
        if run.step == self.step:
            self.action(run)


def train(config: dict, directory: Path, *more: Callback) -> dict:
    """Call `trainer.training.fit.train` with a new or an existing directory and more callbacks."""
    directory.mkdir(exist_ok=True)
    make = fit.make_callbacks
    fit.make_callbacks = lambda config: [*make(config), *more]
    try:
        return fit.train(config, directory)
    finally:
        fit.make_callbacks = make


def resumed(config: dict, directory: Path, *more: Callback) -> dict:
    return train(config | {"resume": str(directory)}, directory, *more)


def last(directory: Path) -> Checkpoint:
    return checkpoint.read(directory / "checkpoints" / "last.safetensors")


def rows(directory: Path) -> list[history.Row]:
    """Return the figures of every epoch before the last checkpoint."""
    return history.read(last(directory), directory)


def without_times(saved: Checkpoint) -> Checkpoint:
    metadata = {name: value for name, value in saved.metadata.items() if name not in ("seconds", "metrics")}
    config = data.without_places(metadata["config"])
    metadata["config"] = {k: v for k, v in config.items() if k not in ("resume", "callbacks")}
    metadata["history"] = [_without(row) for row in metadata["history"]]
    return Checkpoint(saved.tensors, metadata)


def assert_same_run(one: Path, other: Path) -> None:
    """Assert that last and best checkpoint, metrics.csv and result of both runs are the same bits, except for times."""
    for name in ("last", "best"):
        path = f"checkpoints/{name}.safetensors"
        assert_same(without_times(checkpoint.read(one / path)), without_times(checkpoint.read(other / path)))
    tables = [list(csv.DictReader((run / "metrics.csv").open())) for run in (one, other)]
    assert [_without(row) for row in tables[0]] == [_without(row) for row in tables[1]]
    results = [json.loads((run / "result.json").read_text()) for run in (one, other)]
    for key in ("status", "epochs", "best", "test"):
        assert results[0][key] == results[1][key]


def _without(row: dict) -> dict:
    return {name: value for name, value in row.items() if name not in TIMES}
