"""The training loop."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import isfinite, isnan
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from trainer.datasets import batches
from trainer.engine.baseline import tested
from trainer.engine.evaluation import evaluation_batches
from trainer.engine.probe import Probe
from trainer.engine.processes.workers import Workers
from trainer.engine.setup import Setup
from trainer.engine.tally import Tally
from trainer.ground import signals
from trainer.ground.errors import LEFT, TrainingError
from trainer.ground.files import replacing
from trainer.ground.streams import stream
from trainer.ground.text import printable
from trainer.runs import data, resume, start, state, trust
from trainer.runs.checkpoint import Checkpoint
from trainer.runs.folder import LAYERS, RESULT
from trainer.runs.locked import locked
from trainer.training import beginning, ending, plan
from trainer.training.best import Best
from trainer.training.blame import blame
from trainer.training.callbacks import Callback
from trainer.training.callbacks.make import make_callbacks
from trainer.training.run import Progress, Run
from trainer.training.watchers import Watchers

log = logging.getLogger("trainer")


def train(config: dict[str, Any], directory: Path, callbacks: Sequence[Callback] | None = None) -> dict[str, Any]:
    """Train as configured, write everything to `directory`, and return what `result.json` holds.

    If the configuration says `resume`, the run in `directory` resumes from its last checkpoint. `callbacks` replace the
    configured ones.
    """
    config = data.absolute(config)
    setup, callbacks = Setup(config), make_callbacks(config) if callbacks is None else list(callbacks)
    begin = start.read(config, setup.graph)
    if begin:
        config |= {"start_from": begin.origin["path"]}
    with locked(directory), Workers(config, setup.workers) as workers:
        saved = resume.load(config, directory) if config["resume"] else None
        if saved:
            trust.check_size(setup.graph, config["precision"], saved.origin)
            trust.check_shapes(setup.graph, saved)
        (directory / RESULT).unlink(missing_ok=True)  # from here on it is out of date
        with replacing(directory / LAYERS) as path:
            path.write_text(setup.graph.summary() + "\n", encoding="utf-8")
        splits = setup.splits()
        for line in setup.dataset.described():
            log.info("%s", printable(line))
        steps = plan.steps_per_epoch(config, len(splits.train))
        plan.check(config, setup, splits, callbacks)
        content = data.content(splits)
        if saved:
            resume.check_data(saved, content, config)
        workers.start(setup, splits, state.generators(saved, setup.network) if saved else None)
        known = {"headline": setup.problem.headline, "data": content, "started_from": begin and begin.origin}
        known["baseline"] = tested(setup.problem, setup.loss, setup.dataset, splits)
        fit = Fit(Run(directory, config, config["epochs"], steps, **known), setup, workers, callbacks)
        if saved:
            fit.resume(saved)
        elif begin:
            log.info("%s", begin)
            begin.restore(workers.parameters)
        beginning.report(fit.run, setup, workers)
        result = fit.fit()
        ending.report(fit.run, result)
        return result


class Fit:
    """One run: epochs over batches, each a forward, a loss, a backward and an update."""

    def __init__(self, run: Run, setup: Setup, workers: Workers, callbacks: list[Callback]) -> None:
        self.run, self.setup, self.workers = run, setup, workers
        self.callbacks = sorted(callbacks, key=lambda each: not each.keeps_state)  # see Callback.state
        self.watchers = Watchers(self.callbacks, setup)
        self.batch_size, self.counts = run.config["batch_size"], workers.counts
        self.step_size = self.batch_size * run.config["accumulate"]
        self.examples = min(self.counts["train"], run.steps_per_epoch * self.step_size)  # of an epoch
        self.best = Best(run, setup.problem, workers.parameters)
        self.trained = Tally()  # so far in this epoch
        self.test: dict[str, float | None] | None = None
        self.received: Sequence[int] = ()  # signals
        self.began = self.epoch_began = perf_counter()
        run.setup, run.snapshot, run.examples = setup, self.snapshot, lambda split: workers.shard.loaders[split].source
        run.probe = Probe(setup.graph, workers.parameters, workers.shard.loaders["train"], setup.seed)

    def fit(self) -> dict[str, Any]:
        """Train all epochs, then test with the best weights. Callbacks are told of the end, however it comes.

        Raises:
            Interrupted: A signal came. The run can be resumed, unless it was complete: then the text says so.
        """
        run = self.run
        failure: BaseException | None = None
        with signals.handled(run.stop) as self.received:
            try:
                self._tell("on_fit_start", run)
                with np.errstate(all="ignore"):  # what is not finite ends the run; warnings would only repeat it
                    while run.epoch < run.epochs and not run.stopping:
                        self._epoch()
                    if run.stopping:
                        self._stop()
                    self.best.restore()
                    self._test()
            except BaseException as error:
                failure = error if not isinstance(error, SystemExit) else TrainingError(f"{LEFT} ({error.code})")
            result = ending.summary(run, self.setup.seed, self.workers.size, perf_counter() - self.began, self.test)
            result, failure = ending.tell(self.callbacks, run, result, failure, self.received)
            if failure:
                raise failure
            if self.received:
                raise ending.interrupted(run, self.received[0], f"the run is complete, in {run.directory}")
        return result

    def snapshot(self) -> Checkpoint:
        """Return a copy of everything that the rest of the run depends on."""
        now = perf_counter()
        seconds = {"run": now - self.began, "epoch": now - self.epoch_began}
        return state.capture(self.run, self.workers, self.trained, seconds, self.callbacks)

    def resume(self, saved: Checkpoint) -> None:
        """Go on from `saved` instead of the beginning. Raises CheckpointError unless it belongs to this run."""
        if best := resume.best_of(saved, self.run.directory):
            best.restore(self.workers.parameters)
            self.best.keep()
        self.trained = state.restore(saved, self.run, self.workers, self.callbacks)
        self.began -= saved.metadata["seconds"].get("run") or 0.0
        self.epoch_began -= saved.metadata["seconds"].get("epoch") or 0.0

    def _epoch(self) -> None:
        """Train on the batches that are left of this epoch, then validate."""
        run = self.run
        order = stream(self.setup.seed, f"shuffle {run.epoch}")
        done = run.step - run.epoch * run.steps_per_epoch
        steps = batches(self.counts["train"], self.step_size, order, run.config["drop_last"])
        for indices in islice(steps, done, None):
            self._step(indices)
            self._tell("on_batch_end", run)
            if run.stopping:
                return
        trained, seconds = self.trained, perf_counter() - self.epoch_began
        validated = self._evaluate("validation")
        if validated.examples and not isfinite(validated.loss):
            fault = f"the validation loss is {validated.mean_loss:g}"
            raise self._not_finite(fault, "validation", self._evaluated("validation"), run.step)
        row = {
            "epoch": run.epoch + 1,
            **self._columns("train", trained),
            **self._columns("val", validated),
            "lr": self._learning_rate(run.step - 1),
            "seconds": perf_counter() - self.epoch_began,
            "samples_per_second": trained.examples / seconds,
        }
        run.epoch += 1
        run.history.append(row)
        self.trained, self.epoch_began = Tally(), perf_counter()
        self.best.see(row)
        self._tell("on_epoch_end", run, row)

    def _step(self, indices: np.ndarray) -> None:
        run, trained = self.run, self.trained
        watched = self.watchers.ask(run)
        seen = self.workers.train(indices, self._learning_rate(run.step), run.step + 1, watched, run.epoch)
        if seen.fault:
            known = f"loss {seen.mean_loss:g}"
            raise self._not_finite(f"{seen.fault} is not finite", "train", [indices], run.step + 1, known)
        trained.add(seen)
        run.step += 1
        speed = trained.examples / (perf_counter() - self.epoch_began)
        run.progress = Progress(trained.examples, self.examples, self._figures(trained), speed)
        if watched is not None:
            self.watchers.tell(run, watched)

    def _not_finite(
        self, fault: str, split: str, batches: Iterable[np.ndarray], step: int, known: str = ""
    ) -> TrainingError:
        """Return the error of a step, or of the validation after it, on these examples."""
        lr = self._learning_rate(self.run.step - 1) if self.run.step else None
        reason = blame(self.workers.shard, split, batches, fault, known, lr)
        return TrainingError(f"epoch {self.run.epoch + 1}, step {step}: {reason}")

    def _figures(self, tally: Tally) -> dict[str, float | None]:
        return self.setup.problem.figures(tally.sums, tally.examples)

    def _columns(self, part: str, tally: Tally) -> dict[str, float | None]:
        """Return the figures as columns of metrics.csv; NaN becomes None."""
        figures = self._figures(tally).items()
        return {f"{part}_{name}": None if value is None or isnan(value) else value for name, value in figures}

    def _learning_rate(self, step: int) -> float:
        run = self.run
        return self.setup.optimizer.lr * self.setup.schedule(step, run.steps_per_epoch, run.epochs, run.history)

    def _stop(self) -> None:
        """End before the last epoch. Raises Interrupted if a signal asked for it."""
        self._tell("on_stop", self.run)
        if self.received:
            raise ending.interrupted(self.run, self.received[0])
        log.info("stopped: %s %s", self.run.stopping, ending.place(self.run))

    def _test(self) -> None:
        """Test; a loss that is not finite does not undo the training, but is reported."""
        tested = self._evaluate("test")
        if tested.examples:
            self.test = self._figures(tested)
        if not isfinite(tested.loss):
            fault = f"the test loss is {tested.mean_loss:g}"
            log.warning("warning: %s", blame(self.workers.shard, "test", self._evaluated("test"), fault, "", None))

    def _evaluate(self, split: str) -> Tally:
        """Return the tally of a split. Raises Interrupted if a signal comes."""
        total = Tally()
        for indices in self._evaluated(split):
            total.add(self.workers.evaluate(split, indices))
            if self.received:
                raise signals.Interrupted(self.received[0])
        return total

    def _evaluated(self, split: str) -> Iterator[np.ndarray]:
        return evaluation_batches(self.counts[split], self.batch_size)

    def _tell(self, event: str, *arguments: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(*arguments)
