"""One sweep from its overrides to its summary."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf, read_write

from trainer import errors, objective
from trainer.parallel.processes import cores
from trainer.preflight import preflight
from trainer.rundir import claim, record_failure
from trainer.sweep import jobs as listing
from trainer.sweep.composed import Composed
from trainer.sweep.jobs import Job
from trainer.sweep.summary import Summary
from trainer.sweep.watch import Watch, outcome
from trainer.values import ConfigError, child

log = logging.getLogger("trainer")


class Sweep:
    """Runs every combination through a launcher of Hydra's, and knows of each what became of it.

    All that launchers are trusted with is to run jobs. Whether one has ended, and how, its directory says: so a sweep
    survives failing jobs, dying processes and its own end, and goes on in the same directory.
    """

    def __init__(self, config: DictConfig, loader: Composed, launcher: Launcher) -> None:
        self.config, self.loader, self.launcher = config, loader, launcher
        self.inner_workers = _inner_workers(config.hydra.launcher)

    def run(self, arguments: Sequence[str]) -> None:
        """Runs what is not done yet. Raises SystemExit(1) when a job failed, ConfigError when none can be run."""
        overrides = OverridesParser.create(config_loader=self.loader).parse_overrides(list(arguments))
        combinations = listing.combinations(overrides)
        directory = Path(self.config.hydra.sweep.dir)
        jobs = listing.plan(directory, combinations)
        mistakes = self._check(jobs)
        if not any(override.startswith("hydra.sweep.dir=") for override in self.config.hydra.overrides.hydra):
            directory = claim(directory)
            jobs = listing.plan(directory, combinations)
        self._prepare(directory, jobs, mistakes)
        try:
            with Watch(jobs, epochs=self.config.epochs):
                self._launch([job for job in jobs if not job.result])
        finally:
            summary = Summary(directory)
            summary.write()
            print(summary.ending())
        failed = [job for job in jobs if job.status != "completed"]
        for job in failed:
            print(f"error: {job.name}: {outcome(job)}", file=sys.stderr)
        if failed:
            raise SystemExit(1)

    def _check(self, jobs: Sequence[Job]) -> dict[str, str]:
        """Returns the mistakes, job by job; a mistake that all jobs share ends the sweep before anything is written.

        Also raises ConfigError where the directory holds other jobs than these.
        """
        directory = jobs[0].directory.parent
        known = {job.name for job in listing.read(directory)}
        if foreign := sorted(known - {job.name for job in jobs}):
            problem = f"{directory} holds jobs of another sweep, such as {foreign[0]}; choose another directory"
            raise ConfigError(problem, "hydra.sweep.dir")
        mistakes, first = {}, None
        for job in jobs:
            try:
                composed = self.loader.load_sweep_config(self.config, self._arguments(job))
                setup = preflight(composed, job.overrides)
                objective.check(composed.objective, setup.dataset.num_classes)
                if job.started and job.status != "failed":
                    _compare(job, composed)
                if self.inner_workers and not any("parallel" in override for override in job.overrides):
                    job.overrides.append(f"parallel.workers={min(setup.workers, self.inner_workers)}")
                self.loader.keep(self._arguments(job), composed)
            except errors.CONFIGURATION as error:
                if isinstance(error, ChangedError):
                    raise
                mistakes[job.name] = errors.explain(error, job.overrides)
                first = first or error
            finally:
                HydraConfig.instance().cfg = None
        if len(mistakes) == len(jobs):
            raise SystemExit(errors.tell(first, jobs[0].overrides))
        return mistakes

    def _prepare(self, directory: Path, jobs: Sequence[Job], mistakes: dict[str, str]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        with read_write(self.config.hydra.sweep):
            self.config.hydra.sweep.dir = str(directory)
        OmegaConf.save(self.config, directory / "multirun.yaml")
        for job in jobs:
            if job.status == "completed":
                continue
            job.prepare()
            if job.name in mistakes:
                (job.directory / "train.log").write_text(f"error: {mistakes[job.name]}\n", encoding="utf-8")
                record_failure(job.directory, mistakes[job.name])

    def _launch(self, jobs: Sequence[Job]) -> None:
        """Runs jobs until each has a result.

        A process that dies may take along what its launcher runs besides. Whatever had begun is then run again, one job
        at a time, which tells whose fault it was, and what had not begun, all together.
        """
        groups = [list(jobs)] if jobs else []
        while groups:
            group, problem = groups.pop(0), None
            before = {job.name: job.started for job in group}
            try:
                self.launcher.launch([self._arguments(job) for job in group], initial_job_idx=0)
            except Exception as error:
                problem = error
            left = [job for job in group if not job.result]
            if len(group) == 1:
                for job in left:
                    reason = f" ({type(problem).__name__})" if problem else ""
                    record_failure(job.directory, f"its process died{reason}, as from lack of memory or a kill")
                continue
            begun = [job for job in left if job.started != before[job.name]] or left
            waiting = [job for job in left if job not in begun]
            groups += [[job] for job in begun] + ([waiting] if waiting else [])

    def _arguments(self, job: Job) -> list[str]:
        """The overrides of a job for its launcher."""
        own = {"hydra.sweep.dir": str(job.directory.parent), "hydra.sweep.subdir": job.name}
        quoted = [f"{key}='{text.translate(QUOTED)}'" for key, text in own.items()]
        return [*job.overrides, *quoted, "hydra.job_logging.root.handlers=[file]"]


def _inner_workers(launcher: DictConfig) -> int | None:
    """How many workers each job may have so that all jobs together have one core each; None: as many as it wants."""
    if "joblib" not in launcher._target_:
        return None
    from joblib import effective_n_jobs

    return max(1, cores() // effective_n_jobs(launcher.n_jobs))


QUOTED = str.maketrans({"'": r"\'"})


class ChangedError(ConfigError):
    """A job that is done, or half done, would be another one now."""


def _compare(job: Job, composed: DictConfig) -> None:
    """Raises ChangedError unless a job would be done as before; but how many workers share it does not matter."""
    before, now = job.config, OmegaConf.to_container(composed)
    for config in (before, now):
        for key in ("hydra", "parallel", "allow"):
            config.pop(key, None)
    if change := _difference(before, now):
        raise ChangedError(f"{job.directory} has {change}; choose another directory", "hydra.sweep.dir")


def _difference(old: Any, new: Any, key: str = "") -> str:
    """Returns the first difference in words, empty when there is none."""
    if isinstance(old, dict) and isinstance(new, dict):
        parts = (_difference(old.get(name), new.get(name), child(key, name)) for name in {**old, **new})
        return next(filter(None, parts), "")
    return f"{key}={old}, not {new}" if old != new else ""
