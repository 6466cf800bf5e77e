"""Our own engine, by the objects that a run of `python -m trainer` uses."""

from pathlib import Path
from typing import Any

from benchmarks.contestants.protocol import Contestant, serve
from benchmarks.jobs import Workload
from trainer.datasets import batches
from trainer.engine.processes.workers import Workers
from trainer.engine.setup import Setup
from trainer.engine.tally import Tally
from trainer.ground.streams import stream


class Ours(Contestant):
    """A step gets indices, as in a run, so it also loads, normalises and transposes the images."""

    def __init__(self, folder: Path, job: dict[str, Any], flags: tuple[str, ...]) -> None:
        workload = Workload(**job["workload"])
        config = workload.config()
        setup = Setup(config)
        self.workers = Workers(config, setup.workers).__enter__()  # until close
        splits = setup.splits()
        self.workers.start(setup, splits)
        self.setup, self.batch, self.training = setup, workload.batch, workload.training
        self.examples, self.test_examples = len(splits.train), len(splits.test)
        self.batches = list(batches(self.examples, self.batch))
        self.epochs, self.epochs_done, self.steps = job["epochs"], 0, 0

    def run(self, steps: int) -> None:
        for _ in range(steps):
            indices = self.batches[self.steps % len(self.batches)]
            self.steps += 1
            if self.training:
                self.workers.train(indices, self.setup.optimizer.lr, self.steps)
            else:
                self.workers.evaluate("train", indices)

    def epoch(self) -> None:
        order = stream(self.setup.seed, f"shuffle {self.epochs_done}")
        for indices in batches(self.examples, self.batch, order):
            factor = self.setup.schedule(self.steps, len(self.batches), self.epochs)
            self.workers.train(indices, self.setup.optimizer.lr * factor, self.steps + 1)
            self.steps += 1
        self.epochs_done += 1

    def accuracy(self) -> float:
        total = Tally()
        for indices in batches(self.test_examples, self.batch):
            total.add(self.workers.evaluate("test", indices))
        return total.sums["correct"] / total.examples

    def close(self) -> None:
        self.workers.close()


if __name__ == "__main__":
    serve(Ours)
