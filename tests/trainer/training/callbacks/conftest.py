"""A run to watch, without a loop: rows are handed to the callbacks as the loop would."""

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.checkpoints import small
from trainer.datasets import Examples, Loader
from trainer.engine.probe import Probe
from trainer.models import GraphBuilder, Linear, ParameterStore
from trainer.runs.checkpoint import Checkpoint
from trainer.training.callbacks import Callback
from trainer.training.run import Progress, Run


def row(epoch: int, **changes: float | None) -> dict[str, float]:
    """A row of metrics.csv."""
    return {
        "epoch": epoch,
        "train_loss": 1 / (epoch + 2),
        "train_accuracy": 0.8 + epoch / 100,
        "val_loss": 1 / (epoch + 1),
        "val_accuracy": 0.79 + epoch / 100,
        "lr": 0.001 / 3,
        "seconds": 1.23456789,
        "samples_per_second": 41234.56789,
    } | changes


def probe() -> Probe:
    """Into a network of one layer."""
    builder = GraphBuilder({"input": (3,)})
    builder.add("head", Linear(2), ["input"])
    graph = builder.finish()
    examples = Examples({"input": np.ones((5, 3), np.float32)}, np.zeros(5, np.int64))
    return Probe(graph, ParameterStore(graph.parameters), Loader(examples), seed=0)


class Watched:
    """A run whose events go to one callback."""

    def __init__(self, directory: Path, callback: Callback, epochs: int = 3) -> None:
        self.callback = callback
        self.run = Run(
            directory=directory, config={}, epochs=epochs, steps_per_epoch=2, probe=probe(), snapshot=self.snapshot
        )
        self.snapshots = 0

    def snapshot(self) -> Checkpoint:
        self.snapshots += 1
        return small(self.run.step)

    def start(self) -> None:
        self.callback.on_fit_start(self.run)

    def batch(self, examples: int, examples_per_second: float = 0.0, **figures: float) -> None:
        self.run.step += 1
        self.run.progress = Progress(examples, 100, {"loss": 0.5, **figures}, examples_per_second)
        self.callback.on_batch_end(self.run)

    def epoch(self, **changes: float | None) -> dict[str, float]:
        self.run.epoch += 1
        self.run.history.append(row(self.run.epoch, **changes))
        self.callback.on_epoch_end(self.run, self.run.history[-1])
        return self.run.history[-1]

    def end(self, status: str = "completed", error: str | None = None, **changes: object) -> dict:
        history = self.run.history
        result = {
            "status": status,
            "epochs": self.run.epoch,
            "seconds": 4.5,
            "seed": 0,
            "workers": 1,
            "best": self.run.best,
            "final": history[-1] if history else None,
            "test": {"loss": 0.25, "accuracy": 0.9} if status == "completed" else None,
            "error": error,
        } | changes
        self.callback.on_fit_end(self.run, result)
        return result


@pytest.fixture
def watch(tmp_path):
    """watch(callback) gives a Watched run in its own folder."""
    return lambda callback, **options: Watched(tmp_path, callback, **options)
