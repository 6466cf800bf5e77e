"""Jobs through a launcher of Hydra's, until each has its result."""

from collections.abc import Sequence

from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig

from trainer.parallel.processes import cores
from trainer.rundir import record_failure
from trainer.sweep.jobs import Job

QUOTED = str.maketrans({"'": r"\'"})


def arguments(job: Job) -> list[str]:
    """The overrides of a job for its launcher."""
    own = {"hydra.sweep.dir": str(job.directory.parent), "hydra.sweep.subdir": job.name}
    quoted = [f"{key}='{text.translate(QUOTED)}'" for key, text in own.items()]
    return [*job.overrides, *quoted, "hydra.job_logging.root.handlers=[file]"]


def launch(launcher: Launcher, jobs: Sequence[Job]) -> None:
    """Runs jobs until each has a result.

    A process that dies may take along what its launcher runs besides. Whatever had begun is then run again, one job
    at a time, which tells whose fault it was, and what had not begun, all together.
    """
    groups = [list(jobs)] if jobs else []
    while groups:
        group, problem = groups.pop(0), None
        before = {job.name: job.started for job in group}
        try:
            launcher.launch([arguments(job) for job in group], initial_job_idx=0)
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


def workers_for_each(launcher: DictConfig) -> int | None:
    """How many workers each job may have so that all jobs together have one core each; None: as many as it wants."""
    if "joblib" not in launcher._target_:
        return None
    from joblib import effective_n_jobs

    return max(1, cores() // effective_n_jobs(launcher.n_jobs))
