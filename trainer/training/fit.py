"""The training loop."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import isfinite, isnan
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from trainer.compose.targets import instantiate
from trainer.datasets import batches
from trainer.engine.baseline import Baseline, trivial
from trainer.engine.evaluation import evaluation_batches
from trainer.engine.processes.workers import Workers
from trainer.engine.setup import Setup
from trainer.engine.tally import Tally
from trainer.ground import signals
from trainer.ground.errors import LEFT, TrainingError, WorkerError
from trainer.ground.files import replacing
from trainer.ground.streams import stream
from trainer.ground.text import printable
from trainer.problems import in_words
from trainer.runs import data, resume, state, trust
from trainer.runs.checkpoint import Checkpoint
from trainer.runs.folder import LAYERS, RESULT
from trainer.runs.locked import locked
from trainer.training import plan
from trainer.training.blame import blame
from trainer.training.callbacks import Callback, ResultJson
from trainer.training.run import Progress, Run
from trainer.training.watchers import Watchers

log = logging.getLogger("trainer")


def train(config: dict[str, Any], directory: Path, callbacks: Sequence[Callback] | None = None) -> dict[str, Any]:
    """Train as configured, write everything to `directory`, and return what `result.json` holds.

    Where the configuration says `resume`, the run in `directory` goes on from its last checkpoint. `callbacks` take the
    place of the configured ones.
    """
    config = data.absolute(config)
    setup, callbacks = Setup(config), make_callbacks(config) if callbacks is None else list(callbacks)
    with locked(directory), Workers(config, setup.workers) as workers:
        saved = resume.load(config, directory) if config["resume"] else None
        if saved:
            trust.check_size(setup.graph, config["precision"])
            trust.check_shapes(setup.graph, saved)
        (directory / RESULT).unlink(missing_ok=True)  # from here on it would tell of an earlier life
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
        known = {"headline": setup.problem.headline, "data": content}
        fit = Fit(Run(directory, config, config["epochs"], steps, **known), setup, workers, callbacks)
        fit.baseline = trivial(setup.problem, setup.loss, setup.dataset, splits)
        if saved:
            fit.resume(saved)
        result = fit.fit()
        fit.report()
        return result


def make_callbacks(config: dict[str, Any]) -> list[Callback]:
    """Return the callbacks of a checked configuration. Raises ConfigError."""
    callbacks = []
    for name, spec in config["callbacks"].items():
        if spec:
            callback = instantiate(spec, Callback, f"callbacks.{name}", allow=config["allow"])
            callback.name = name
            callbacks.append(callback)
    return callbacks


class Fit:
    """One run: epochs over batches, each a forward, a loss, a backward and an update."""

    def __init__(self, run: Run, setup: Setup, workers: Workers, callbacks: list[Callback]) -> None:
        self.run, self.setup, self.workers = run, setup, workers
        self.callbacks = sorted(callbacks, key=lambda each: not each.keeps_state)  # see Callback.state
        self.watchers = Watchers(self.callbacks, setup)
        self.batch_size, self.counts = run.config["batch_size"], workers.counts
        self.step_size = self.batch_size * run.config["accumulate"]
        self.examples = min(self.counts["train"], run.steps_per_epoch * self.step_size)  # of an epoch
        self.parameters = workers.parameters
        self.best_parameters: tuple[np.ndarray, np.ndarray] | None = None
        self.trained = Tally()  # so far in this epoch
        self.test = Tally()
        self.baseline: Baseline | None = None  # what a constant answer reaches in the test
        self.received: Sequence[int] = ()  # signals
        self.began = self.epoch_began = perf_counter()
        run.snapshot = self.snapshot

    def fit(self) -> dict[str, Any]:
        """All epochs, then the test with the best weights. Callbacks hear of the end however it comes.

        Raises:
            Interrupted: a signal came. The run can go on, unless all was written already: then its text says so.
        """
        run, failure = self.run, None
        with signals.handled(run.stop) as self.received:
            try:
                self._tell("on_fit_start", run)
                with np.errstate(all="ignore"):  # what is not finite ends the run; warnings would only repeat it
                    while run.epoch < run.epochs and not run.stopping:
                        self._epoch()
                    if run.stopping:
                        self._stop()
                    self._restore_best()
                    self._test()
            except BaseException as error:
                failure = error if not isinstance(error, SystemExit) else TrainingError(f"{LEFT} ({error.code})")
            result, failure = self._end(failure)
            if failure:
                raise failure
            if self.received:
                raise self._interrupted(f"the run is complete, in {run.directory}")
        return result

    def report(self) -> None:
        """Say how the test went, and where everything is."""
        weights = f"the weights of epoch {self.run.best['epoch']}" if self.run.best else "the last weights"
        if self.test.samples:
            log.info("test %s with %s%s", in_words(self._figures(self.test)), weights, self._beside())
        log.info("everything is in %s", self.run.directory)

    def _beside(self) -> str:
        """The headline of the baseline, to be read beside that of the network."""
        if self.baseline is None:
            return ""
        headline = self.setup.problem.headline
        return f" ({self.baseline.name}: {in_words({headline: self.baseline.figures['test'][headline]})})"

    def snapshot(self) -> Checkpoint:
        """Return a copy of everything that the rest of the run depends on."""
        now = perf_counter()
        seconds = {"run": now - self.began, "epoch": now - self.epoch_began}
        return state.capture(self.run, self.workers, self.trained, seconds, self.callbacks)

    def resume(self, saved: Checkpoint) -> None:
        """Go on from `saved` instead of the beginning. Raises CheckpointError unless it belongs to this run."""
        if best := resume.best_of(saved, self.run.directory):
            best.restore(self.parameters)
            self._keep_parameters()
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
        if validated.samples and not isfinite(validated.loss):
            fault = f"the validation loss is {validated.mean_loss:g}"
            raise self._not_finite(fault, "validation", self._evaluated("validation"), run.step)
        row = {
            "epoch": run.epoch + 1,
            **self._columns("train", trained),
            **self._columns("val", validated),
            "lr": self._learning_rate(run.step - 1),
            "seconds": perf_counter() - self.epoch_began,
            "samples_per_second": trained.samples / seconds,
        }
        run.epoch += 1
        run.history.append(row)
        self.trained, self.epoch_began = Tally(), perf_counter()
        self._keep_best(row)
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
        speed = trained.samples / (perf_counter() - self.epoch_began)
        run.progress = Progress(trained.samples, self.examples, self._figures(trained), speed)
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
        return self.setup.problem.figures(tally.sums, tally.samples)

    def _columns(self, part: str, tally: Tally) -> dict[str, float | None]:
        """Return the figures as columns of metrics.csv; what is no number is as if it were not there."""
        figures = self._figures(tally).items()
        return {f"{part}_{name}": None if value is None or isnan(value) else value for name, value in figures}

    def _learning_rate(self, step: int) -> float:
        run = self.run
        return self.setup.optimizer.lr * self.setup.schedule(step, run.steps_per_epoch, run.epochs, run.history)

    def _stop(self) -> None:
        """End before the last epoch. Raises Interrupted if a signal asked for it."""
        self._tell("on_stop", self.run)
        if self.received:
            raise self._interrupted()
        log.info("stopped: %s %s", self.run.stopping, self._place())

    def _interrupted(self, remedy: str = "") -> signals.Interrupted:
        """Return what to raise for the signal that came; by default its remedy is how to go on, if that can be done."""
        remedy = remedy or resume.remedy(self.run.directory, self.run.config)
        number = self.received[0]
        what = f"{signals.SIGNALS[number]} {self._place()}"
        return signals.Interrupted(number, "; ".join(filter(None, [what, remedy])))

    def _place(self) -> str:
        run = self.run
        unfinished = run.step > run.epoch * run.steps_per_epoch
        return f"in epoch {max(1, run.epoch + unfinished)} after step {run.step}"

    def _test(self) -> None:
        """Test; a loss that is not finite does not undo the training, but is said."""
        self.test = self._evaluate("test")
        if self.test.samples and not isfinite(self.test.loss):
            fault = f"the test loss is {self.test.mean_loss:g}"
            log.warning("warning: %s", blame(self.workers.shard, "test", self._evaluated("test"), fault, "", None))

    def _evaluate(self, split: str) -> Tally:
        """Return the figures of a split, unless a signal comes. Raises Interrupted."""
        total = Tally()
        for indices in self._evaluated(split):
            total.add(self.workers.evaluate(split, indices))
            if self.received:
                raise signals.Interrupted(self.received[0])
        return total

    def _evaluated(self, split: str) -> Iterator[np.ndarray]:
        return evaluation_batches(self.counts[split], self.batch_size)

    def _keep_best(self, row: dict[str, float | None]) -> None:
        """Copy the parameters of the epoch that validated best: by the problem's headline, then by loss."""
        if row["val_loss"] is None:
            return
        best, score = self.run.best, {name: row[name] for name in row if name == "epoch" or name.startswith("val_")}
        if best is None or self._rank(score) > self._rank(best):
            self.run.best = score
            self._keep_parameters()

    def _rank(self, score: dict[str, float | None]) -> tuple[float, float]:
        return self.setup.problem.rank({name.removeprefix("val_"): value for name, value in score.items()})

    def _keep_parameters(self) -> None:
        self.best_parameters = self.parameters.data.copy(), self.parameters.kept.copy()

    def _restore_best(self) -> None:
        if self.best_parameters is not None:
            for flat, best in zip((self.parameters.data, self.parameters.kept), self.best_parameters, strict=True):
                np.copyto(flat, best)

    def _end(self, failure: BaseException | None) -> tuple[dict[str, Any], BaseException | None]:
        """Tell every callback of the end, also when one of them fails, and last the one that writes the result.

        Returns result and first failure.
        """
        result = self._result()
        for callback in sorted(self.callbacks, key=lambda each: isinstance(each, ResultJson)):
            # Workers may have got the signal too, and have ended by it.
            if self.received and (failure is None or isinstance(failure, signals.Interrupted | WorkerError)):
                failure = self._interrupted()
            result |= _outcome(failure)
            try:
                callback.on_fit_end(self.run, result)
            except Exception as error:
                failure = failure or error
        return result | _outcome(failure), failure

    def _result(self) -> dict[str, Any]:
        """Return what result.json holds, but for how it ended."""
        run = self.run
        return {
            "status": None,
            "epochs": run.epoch,
            "planned_epochs": run.epochs,
            "seconds": round(perf_counter() - self.began, 3),
            "seed": self.setup.seed,
            "workers": self.workers.size,
            "best": run.best,
            "best_by": f"val_{run.headline}",
            "final": run.history[-1] if run.history else None,
            "test": self._figures(self.test) if self.test.samples else None,
            "baseline": self._baseline(),
            "reason": run.stopping,
            "error": None,
        }

    def _baseline(self) -> dict[str, Any] | None:
        """The test figures of the baseline, and its name."""
        found = self.baseline and self.baseline.figures.get("test")
        return {"name": self.baseline.name, **found} if self.baseline and found else None

    def _tell(self, event: str, *arguments: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(*arguments)


def _outcome(failure: BaseException | None) -> dict[str, str | None]:
    if failure is None:
        return {"status": "completed", "error": None}
    stopped = isinstance(failure, KeyboardInterrupt)
    nothing_said = "interrupted" if stopped else type(failure).__name__
    return {"status": "stopped" if stopped else "failed", "error": " ".join(str(failure).split()) or nothing_said}
