"""One sweep from its overrides to its summary."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf, read_write

from trainer import errors
from trainer.preflight import preflight
from trainer.rundir import claim, record_failure
from trainer.sweep import jobs as listing
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

    def __init__(self, config: DictConfig, loader: ConfigLoader, launcher: Launcher) -> None:
        self.config, self.loader, self.launcher = config, loader, launcher

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
            with Watch(jobs, epochs=self.config.epochs) as watch:
                for job in jobs:
                    if job.result:
                        watch.tell(job)
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
        known = {job.name for job in listing.read(jobs[0].directory.parent)}
        if foreign := sorted(known - {job.name for job in jobs}):
            raise ConfigError(
                f"{jobs[0].directory.parent} holds jobs of another sweep, such as {foreign[0]}; choose another directory",
                "hydra.sweep.dir",
            )
        mistakes, first = {}, None
        for job in jobs:
            try:
                composed = self.loader.load_sweep_config(self.config, list(job.overrides))
                preflight(composed, job.overrides)
                if job.status == "completed":
                    _compare(job, composed)
            except errors.CONFIGURATION as error:
                if isinstance(error, ChangedConfig):
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
            job.create()
            _forget(job)
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
            begun = [job for job in left if job.started] or left
            waiting = [job for job in left if job not in begun]
            groups += [[job] for job in begun] + ([waiting] if waiting else [])
            for job in begun:
                _forget(job)

    def _arguments(self, job: Job) -> list[str]:
        """The overrides of a job for its launcher."""
        own = {"hydra.sweep.dir": str(job.directory.parent), "hydra.sweep.subdir": job.name}
        quoted = [f"{key}='{text.translate(QUOTED)}'" for key, text in own.items()]
        return [*job.overrides, *quoted, "hydra.job_logging.root.handlers=[file]"]


QUOTED = str.maketrans({"'": r"\'"})


class ChangedConfig(ConfigError):
    """A job that is done would be another one now."""


def _forget(job: Job) -> None:
    """Removes what an earlier attempt said of itself."""
    for name in ("result.json", listing.CONFIG):
        (job.directory / name).unlink(missing_ok=True)


def _compare(job: Job, composed: DictConfig) -> None:
    now = OmegaConf.to_container(composed)
    now.pop("hydra")
    if change := _difference(job.config, now):
        raise ChangedConfig(f"{job.directory} was completed with {change}; choose another directory", "hydra.sweep.dir")


def _difference(old: Any, new: Any, key: str = "") -> str:
    """Returns the first difference in words, empty when there is none."""
    if isinstance(old, dict) and isinstance(new, dict):
        parts = (_difference(old.get(name), new.get(name), child(key, name)) for name in {**old, **new})
        return next(filter(None, parts), "")
    return f"{key}={old}, not {new}" if old != new else ""
