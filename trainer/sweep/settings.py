"""The settings of a sweep: jobs that differ only in seed and fold share one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from statistics import mean, stdev

from trainer.sweep.jobs import Job
from trainer.training import objective

FOLD = "fold"
REPEATS = ("seed", FOLD)  # keys in which runs of one setting may differ


@dataclass(frozen=True)
class Setting:
    """Jobs that differ in their seed or fold only.

    Attributes:
        values: The values that they share, by key, where jobs of the sweep differ.
        jobs: The best first; in their own order if only seeds or folds differ, since then the best is the luckiest.
        goal: The objective.
        objectives: Those of the jobs that have one.
        failures: How many jobs failed.
    """

    values: dict[str, str]
    jobs: list[Job]
    goal: str
    objectives: list[float]
    failures: int

    @property
    def mean(self) -> float | None:
        """The mean objective; None if no job has one."""
        return mean(self.objectives) if self.objectives else None

    def name(self, short: Mapping[str, str]) -> str:
        """Return "lr=0.1, model=mlp", with short names of the keys; empty where only seeds or folds differ."""
        return ", ".join(f"{short[key]}={value}" for key, value in self.values.items())


def repeated(keys: Iterable[str], number: int) -> str:
    """Return over how many runs a mean is: "3 seeds", or "6 runs" if seeds and folds are among the keys that differ."""
    repeats = [key for key in keys if key in REPEATS]
    what = repeats[0] if len(repeats) == 1 else "run"
    return f"{number} {what}{'s' * (number != 1)}"


def settings(jobs: Sequence[Job], goal: str) -> list[Setting]:
    """Return the settings of jobs, the one with the best mean objective first.

    A failed run counts as the worst there is: a setting of which one failed comes after those of which none did.
    """
    groups: dict[tuple[tuple[str, str], ...], list[Job]] = defaultdict(list)
    for job in jobs:
        groups[tuple((key, value) for key, value in job.values.items() if key not in REPEATS)].append(job)
    found = [_setting(dict(values), members, goal) for values, members in groups.items()]
    return sorted(found, key=lambda each: (each.failures > 0, _cost(each.mean, goal), each.jobs[0].name))


def rank(job: Job, goal: str) -> tuple[float, str]:
    """Return the key by which jobs are sorted, the best first."""
    return _cost(objective.value(job.result, goal), goal), job.name


def mean_and_deviation(numbers: Sequence[float], decimals: int = 4) -> str:
    """Return "0.9134 ± 0.0021", with the standard deviation of a sample; for a single number, that number alone."""
    deviation = f" ± {stdev(numbers):.{decimals}f}" if len(numbers) > 1 else ""
    return f"{mean(numbers):.{decimals}f}{deviation}"


def _setting(values: dict[str, str], jobs: Sequence[Job], goal: str) -> Setting:
    jobs = sorted(jobs, key=lambda job: rank(job, goal) if values else (job.number, job.name))
    objectives = [value for job in jobs if isfinite(value := objective.value(job.result, goal))]
    return Setting(values, jobs, goal, objectives, sum(job.status == "failed" for job in jobs))


def _cost(value: float | None, goal: str) -> float:
    if value is None:
        return inf
    return -value if objective.maximised(goal) else value
