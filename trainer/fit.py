"""The training loop."""

import logging
from math import ceil, isfinite
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from datasets import batches
from trainer.callbacks import Callback
from trainer.files import replacing
from trainer.parallel.workers import Workers
from trainer.run import Progress, Run
from trainer.setup import Setup
from trainer.shard import Tally
from trainer.streams import stream
from trainer.targets import instantiate

LEAST_EVALUATION_BATCH = 64

log = logging.getLogger("trainer")


class TrainingError(Exception):
    """Training cannot go on. One line that says where it stood and what to do."""


def train(config: dict[str, Any], directory: Path) -> dict[str, Any]:
    """Train as configured, write everything to `directory`, and return what `result.json` holds."""
    setup, callbacks = Setup(config), make_callbacks(config)
    with replacing(directory / "model.txt") as path:
        path.write_text(setup.graph.summary() + "\n", encoding="utf-8")
    with Workers(config, setup.workers) as workers:
        workers.start(setup, setup.splits())
        steps_per_epoch = ceil(workers.counts["train"] / config["batch_size"])
        run = Run(directory, config, config["epochs"], steps_per_epoch)
        return Fit(run, setup, workers, callbacks).fit()


def summary(config: dict[str, Any], directory: Path) -> None:
    """Show the layer table."""
    make_callbacks(config)
    log.info("%s", Setup(config).graph.summary())


def make_callbacks(config: dict[str, Any]) -> list[Callback]:
    """The callbacks of a checked configuration. Raises ConfigError."""
    return [
        instantiate(spec, Callback, f"callbacks.{name}", allow=config["allow"])
        for name, spec in config["callbacks"].items()
        if spec
    ]


class Fit:
    """One run: epochs over batches, each a forward, a loss, a backward and an update."""

    def __init__(self, run: Run, setup: Setup, workers: Workers, callbacks: list[Callback]) -> None:
        self.run, self.setup, self.workers, self.callbacks = run, setup, workers, callbacks
        self.batch_size, self.counts = run.config["batch_size"], workers.counts
        self.parameters = workers.parameters
        self.best_parameters: tuple[np.ndarray, np.ndarray] | None = None
        self.test = Tally()

    def fit(self) -> dict[str, Any]:
        """All epochs, then the test with the best weights. Callbacks hear of the end however it comes."""
        run, began = self.run, perf_counter()
        status, problem = "failed", None
        self._tell("on_fit_start", run)
        try:
            with np.errstate(all="ignore"):  # a loss that is not finite ends the run; warnings would only repeat it
                while run.epoch < run.epochs:
                    row = self._epoch()
                    self._tell("on_epoch_end", run, row)
                self._restore_best()
                self.test = self._evaluate("test")
            status = "completed"
        except KeyboardInterrupt:
            status, problem = "stopped", "interrupted"
            raise
        except Exception as error:
            problem = str(error) or type(error).__name__
            raise
        finally:
            result = self._result(status, perf_counter() - began, problem)
            self._tell("on_fit_end", run, result)
        self._say_result()
        return result

    def _epoch(self) -> dict[str, float | None]:
        """Train on every batch once, then validate. Returns the row of metrics.csv."""
        run, began = self.run, perf_counter()
        trained = Tally()
        order = stream(self.setup.seed, f"shuffle {run.epoch}")
        for indices in batches(self.counts["train"], self.batch_size, order):
            lr = self.setup.optimizer.lr * self.setup.schedule(run.step, run.steps_per_epoch, run.epochs)
            trained.add(self.workers.train(indices, lr, run.step + 1))
            run.step += 1
            if not isfinite(trained.loss):
                raise TrainingError(
                    f"epoch {run.epoch + 1}, step {run.step}: the loss is {trained.loss}; lower optimizer.lr"
                )
            speed = trained.samples / (perf_counter() - began)
            run.progress = Progress(trained.samples, self.counts["train"], trained.mean_loss, trained.accuracy, speed)
            self._tell("on_batch_end", run)
        speed = trained.samples / (perf_counter() - began)
        validated = self._evaluate("validation")
        run.epoch += 1
        row = {
            "epoch": run.epoch,
            "train_loss": trained.mean_loss,
            "train_accuracy": trained.accuracy,
            "val_loss": validated.mean_loss,
            "val_accuracy": validated.accuracy,
            "lr": lr,
            "seconds": perf_counter() - began,
            "samples_per_second": speed,
        }
        run.history.append(row)
        self._keep_best(row)
        return row

    def _evaluate(self, split: str) -> Tally:
        total = Tally()
        for indices in batches(self.counts[split], max(self.batch_size, LEAST_EVALUATION_BATCH)):
            total.add(self.workers.evaluate(split, indices))
        return total

    def _keep_best(self, row: dict[str, float | None]) -> None:
        """Copy the parameters of the epoch that validated best: by accuracy, then by loss."""
        if row["val_loss"] is None:
            return
        best, score = self.run.best, {name: row[name] for name in ("epoch", "val_loss", "val_accuracy")}
        if best is None or _rank(score) > _rank(best):
            self.run.best = score
            self.best_parameters = self.parameters.data.copy(), self.parameters.kept.copy()

    def _restore_best(self) -> None:
        if self.best_parameters is not None:
            for flat, best in zip((self.parameters.data, self.parameters.kept), self.best_parameters, strict=True):
                np.copyto(flat, best)

    def _result(self, status: str, seconds: float, error: str | None) -> dict[str, Any]:
        run = self.run
        return {
            "status": status,
            "epochs": run.epoch,
            "seconds": round(seconds, 3),
            "seed": self.setup.seed,
            "workers": self.workers.size,
            "best": run.best,
            "final": run.history[-1] if run.history else None,
            "test": {"loss": self.test.mean_loss, "accuracy": self.test.accuracy} if self.test.samples else None,
            "error": error,
        }

    def _say_result(self) -> None:
        weights = f"the weights of epoch {self.run.best['epoch']}" if self.run.best else "the last weights"
        accuracy = "" if self.test.accuracy is None else f", accuracy {self.test.accuracy:.4f}"
        log.info("test loss %.4f%s with %s", self.test.mean_loss, accuracy, weights)
        log.info("everything is in %s", self.run.directory)

    def _tell(self, event: str, *arguments: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(*arguments)


def _rank(score: dict[str, float | None]) -> tuple[float, float]:
    accuracy = score["val_accuracy"]
    return (0.0 if accuracy is None else accuracy, -score["val_loss"])
