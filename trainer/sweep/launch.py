"""Runs jobs through one of Hydra's launchers, until each has its result."""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from signal import SIGINT

from filelock import FileLock

from trainer.compose.configure import DictConfig, Launcher
from trainer.compose.plain import resolved
from trainer.engine.processes.processes import cores
from trainer.ground import signals
from trainer.ground.overrides import quoted
from trainer.runs.folder import LOCK, record
from trainer.sweep.jobs import Job

MOST_SUBMITTED = 256  # jobs submitted to a cluster at a time


def arguments(job: Job) -> list[str]:
    """Return the overrides of a job for its launcher."""
    own = {"hydra.sweep.dir": str(job.directory.parent.absolute()), "hydra.sweep.subdir": job.name}
    places = [f"{key}={quoted(text)}" for key, text in own.items()]
    return [*job.overrides, *places, "hydra.job_logging.root.handlers=[file]"]


def launch(launcher: Launcher, jobs: Sequence[Job]) -> None:
    """Run jobs until each has a result."""
    for job in jobs:
        _wait_for_another(job)
    jobs = [job for job in jobs if not job.result]
    if at_once := _submitted_at_once(launcher):
        _prepare(launcher)
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(lambda job: _launch_one(launcher, job), jobs))
    else:
        _launch_all(launcher, jobs)


def _launch_all(launcher: Launcher, jobs: Sequence[Job]) -> None:
    """Give the launcher all jobs together.

    A process that dies may take other jobs of its launcher with it. The jobs that had begun are then run again one at a
    time, which shows whose fault it was; those that had not begun are run again all together.
    """
    groups = [list(jobs)]
    while groups:
        signals.check()
        group = groups.pop(0)
        if len(group) <= 1:
            for job in group:
                _launch_one(launcher, job)
            continue
        before = {job.name: job.started for job in group}
        with suppress(Exception), _alone(launcher):  # the jobs' directories tell how they ended
            launcher.launch([arguments(job) for job in group], initial_job_idx=0)
        signals.check()
        left = [job for job in group if not job.result]
        begun = [job for job in left if job.started != before[job.name]] or left
        groups += [[job] for job in begun]
        if waiting := [job for job in left if job not in begun]:
            groups.append(waiting)


def _launch_one(launcher: Launcher, job: Job) -> None:
    reason = ""
    signals.check()
    try:
        with _alone(launcher):
            launcher.launch([arguments(job)], initial_job_idx=job.number)
    except Exception as error:
        reason = f" ({type(error).__name__})"
    signals.check()
    if not job.result:
        record(job.directory, "failed", f"its process died{reason}, as from lack of memory or a kill")


def _alone(launcher: Launcher) -> AbstractContextManager[None]:
    """Within, keep Ctrl-C from the processes that are started: this one, in the same group, tells them to stop."""
    if "joblib" not in type(launcher).__module__:
        return nullcontext()
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend import resource_tracker as another

    with signals.withheld():  # two processes that clean up when all others have ended; starting one lets SIGINT through
        resource_tracker.ensure_running()
        another.ensure_running()
    return signals.withheld(SIGINT)


def _wait_for_another(job: Job) -> None:
    """Wait while a process of an earlier attempt is still running a job, as on a cluster."""
    if (lock := job.directory / LOCK).exists():
        with FileLock(lock):
            pass


def _submitted_at_once(launcher: Launcher) -> int:
    """Return how many jobs to submit at a time, each by itself; 0 for a launcher that takes all together.

    Cluster launchers stop waiting at the first job that dies, while the others continue. So each job is submitted and
    waited for by itself.
    """
    name = type(launcher).__module__
    if "submitit" in name and type(launcher).__name__ == "LocalLauncher":
        return cores()
    return MOST_SUBMITTED if "submitit" in name or "ray" in name else 0


def _prepare(launcher: Launcher) -> None:
    """Let the processes of a launcher import what this one can; start Ray, which threads must not do at once."""
    os.environ["PYTHONPATH"] = os.pathsep.join(folder for folder in sys.path if folder)
    if "ray" in type(launcher).__module__:
        import ray

        for option, value in {"log_to_driver": False, "logging_level": "warning"}.items():
            launcher.ray_cfg.init.setdefault(option, value)
        if not ray.is_initialized():
            ray.init(**resolved(launcher.ray_cfg.init))


def workers_for_each(launcher: DictConfig) -> int | None:
    """Return how many workers a job may have so that all jobs together fit the cores; None: as many as it wants."""
    if "joblib" in launcher._target_:
        from joblib import effective_n_jobs

        return max(1, cores() // effective_n_jobs(launcher.n_jobs))
    if "submitit" in launcher._target_:
        return launcher.get("cpus_per_task") or 1
    if "ray" in launcher._target_:
        return int(((launcher.get("ray") or {}).get("remote") or {}).get("num_cpus") or 1)
    return None
