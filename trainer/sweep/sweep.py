"""One sweep from its overrides to its summary."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.compose import errors
from trainer.compose.composed import Composed
from trainer.compose.configure import DictConfig, Launcher, parse
from trainer.compose.locate import folders_of
from trainer.compose.plain import as_written, as_yaml, with_directory
from trainer.compose.preflight import preflight
from trainer.ground import console, signals
from trainer.ground.files import replacing
from trainer.ground.text import printable
from trainer.ground.values import ConfigError, child
from trainer.runs.folder import LOG, RECORD, claim, record, refuse_links, resume_command
from trainer.runs.locked import locked
from trainer.runs.records import RecordError, read_yaml
from trainer.sweep import jobs as listing
from trainer.sweep import report
from trainer.sweep.job import FILES
from trainer.sweep.jobs import Job
from trainer.sweep.launch import arguments, launch, workers_for_each
from trainer.sweep.orphan import STOPPING
from trainer.sweep.watch import Watch, outcome
from trainer.training import objective

if TYPE_CHECKING:
    from trainer.sweep.search import Search


class Sweep:
    """Runs jobs through one of Hydra's launchers, and determines how each ended.

    Launchers are trusted only to run jobs; whether and how a job ended is read from its directory. So a sweep survives
    failing jobs, dying processes and its own end, and resumes in the same directory.

    Args:
        config: The configuration of the sweep, with its `hydra` node.
        loader: Composes the jobs.
        launcher: Runs them.
        search: Options of `trainer.sweep.search.Search`; None: every combination.
    """

    def __init__(
        self, config: DictConfig, loader: Composed, launcher: Launcher, search: Mapping[str, Any] | None = None
    ) -> None:
        self.config, self.loader, self.launcher, self.search = config, loader, launcher, search
        self.directory = Path(config.hydra.sweep.dir)
        self.given = any(override.startswith("hydra.sweep.dir=") for override in config.hydra.overrides.hydra)
        self.folders = folders_of(config.hydra)
        self.workers = workers_for_each(config.hydra.launcher)
        self._searching: Search | None = None

    def run(self, given: Sequence[str]) -> None:
        """Run the jobs that are not done yet. Raises SystemExit(1) if a job failed, ConfigError if none can be run."""
        overrides = parse(given, self.loader)
        total, batches = self._plan(overrides)
        jobs: list[Job] = []
        signals.ready()
        summarised = True
        watch = Watch(total, self.config.epochs)
        try:
            with ExitStack() as self._held, signals.handled(self._stop), watch:
                self._held.callback(FILES.clear)
                if self.given and self.directory.is_dir():
                    self._hold()
                try:
                    for batch in batches:
                        self._begin(batch, total)
                        jobs += batch
                        watch.add(batch, self.config.objective)
                        launch(self.launcher, [job for job in batch if not job.result])
                finally:
                    if jobs:
                        self._forget()
                    watch.close()
                    summarised = not jobs or report.summarise(self.directory, ended=True)
        except signals.Interrupted as error:
            raise self._interrupted(error.signal, jobs, total) from None
        failed = [job for job in jobs if job.status != "completed"]
        for job in failed:
            reason = outcome(job) if job.result else "its result could not be written, as on a full disk"
            console.tell(printable(f"error: {job.name}: {reason}"))
        if failed or not summarised:
            raise SystemExit(1)

    def _hold(self) -> None:
        """Keep other sweeps out of the directory until this one ends. Raises ConfigError if one is there."""
        refuse_links(self.directory)
        self._held.enter_context(locked(self.directory, "hydra.sweep.dir", "sweep"))
        self._forget()

    def _stop(self, word: str) -> None:
        """Tell the jobs in other processes to end after their step; one in this process has got the signal itself."""
        with suppress(OSError):
            (self.directory / STOPPING).touch()

    def _forget(self) -> None:
        """Take back what `_stop` told the jobs of this sweep, or of an earlier one that did not wait for them."""
        with suppress(OSError):
            (self.directory / STOPPING).unlink(missing_ok=True)

    def _interrupted(self, number: int, jobs: Sequence[Job], total: int) -> signals.Interrupted:
        """Return what to raise when a signal has ended the sweep; it says what is done, and how to resume."""
        line = f"{signals.SIGNALS[number]}; {sum(job.status == 'completed' for job in jobs)} of {total} jobs are done"
        if jobs:
            given = as_written(self.config.hydra.overrides.task)
            allowed = [override for override in given if override.startswith("allow=")]
            folders = [text for folder in self.folders for text in ("--config-dir", str(folder))]
            line += f"; continue with: {resume_command(self.directory, [*allowed, *folders])}"
        return signals.Interrupted(number, line)

    def _plan(self, overrides: Sequence[Any]) -> tuple[int, Iterator[list[Job]]]:
        """Return the number of jobs, and the jobs in batches; each batch is asked for when the one before is done."""
        if self.search is None:
            combinations = listing.combinations(overrides)
            return len(combinations), iter([listing.plan(self.directory, combinations)])
        from trainer.sweep.search import Search

        self._searching = search = Search(overrides, self.config.objective, **self.search)
        return search.trials, search.batches(lambda: self.directory)

    def _begin(self, batch: list[Job], total: int) -> None:
        """Check the jobs of a batch and make their directories.

        If all jobs of the first batch have mistakes, the sweep ends before anything is written. A directory that holds
        other jobs ends it with a ConfigError.
        """
        self._refuse_others(batch, total)
        mistakes: dict[str, Exception] = {}
        for job in batch:
            try:
                self._check(job)
            except errors.CONFIGURATION as error:
                if isinstance(error, ChangedError):
                    raise
                mistakes[job.name] = error
        if len(mistakes) == len(batch) and batch[0].number == 0:
            raise SystemExit(errors.tell(mistakes[batch[0].name], batch[0].overrides, self.folders))
        self._settle(batch)
        for job in batch:
            if job.status != "completed":
                job.prepare()
            if job.name in mistakes:
                line = errors.explain(mistakes[job.name], job.overrides, self.folders)
                (job.directory / LOG).write_text(f"error: {line}\n", encoding="utf-8")
                record(job.directory, "failed", line)

    def _refuse_others(self, batch: Sequence[Job], total: int) -> None:
        planned = {job.number: job.name for job in batch}
        for known in listing.read(self.directory):
            if known.number >= total or planned.get(known.number, known.name) != known.name:
                problem = f"{self.directory} holds jobs of another sweep, such as {known.name}"
                raise ConfigError(f"{problem}; choose another directory", "hydra.sweep.dir")

    def _check(self, job: Job) -> None:
        composed = self.loader.load_sweep_config(self.config, arguments(job))
        setup = preflight(composed, job.overrides)
        self._choose(objective.chosen(composed.objective, setup.problem))
        objective.check(self.config.objective, setup.problem)
        if self.search is not None and not composed.validation:
            raise ConfigError("a search compares validation figures; set validation=0.1", "validation")
        if job.started and job.status != "failed":
            _compare(job, composed)
        if self.workers and not any("parallel" in override for override in job.overrides):
            job.overrides.append(f"parallel.workers={min(setup.workers, self.workers)}")

    def _choose(self, goal: str) -> None:
        """Take `goal` as the objective of the whole sweep where none was given: that of the first job that is sound."""
        if self.config.objective == objective.AUTO:
            self.config.objective = goal
            if self._searching:
                self._searching.goal = goal

    def _settle(self, batch: Sequence[Job]) -> None:
        """Make the sweep's directory, a new one unless it was given, now that it is known that something will run."""
        if batch[0].number > 0 or (self.given and _is_whole(self.directory / RECORD)):
            return
        there = self.given and self.directory.is_dir()
        self.directory = claim(self.directory, exclusive=not self.given, option="hydra.sweep.dir")
        if not there:
            self._hold()
        for job in batch:
            job.directory = self.directory / job.name
        with_directory(self.config.hydra.sweep, self.directory)
        with replacing(self.directory / RECORD) as path:
            path.write_text(as_yaml(self.config), encoding="utf-8")


def _is_whole(record: Path) -> bool:
    """Return whether a sweep's record is there and can be read."""
    try:
        return isinstance(read_yaml(record), dict)
    except (FileNotFoundError, RecordError):
        return False


class ChangedError(ConfigError):
    """A job that is done, or half done, would now be a different one."""


def _compare(job: Job, composed: DictConfig) -> None:
    """Raise ChangedError unless a job would be done as before; its number of workers does not matter."""
    before, now = job.config, as_written(composed)
    if now["objective"] == objective.AUTO:
        before["objective"] = objective.AUTO  # which changes nothing of what a job does
    for config in (before, now):
        for key in ("hydra", "parallel", "allow"):
            config.pop(key, None)
    if change := _difference(before, now):
        raise ChangedError(f"{job.directory} has {change}; choose another directory", "hydra.sweep.dir")


def _difference(old: Any, new: Any, key: str = "") -> str:
    """Return the first difference in words; empty if there is none."""
    if isinstance(old, dict) and isinstance(new, dict):
        parts = (_difference(old.get(name), new.get(name), child(key, name)) for name in {**old, **new})
        return next(filter(None, parts), "")
    return f"{key}={old}, not {new}" if old != new else ""
