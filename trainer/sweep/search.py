"""A search: Optuna chooses the next combinations from the results so far."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from trainer.compose.configure import IntervalSweep, Override, RangeSweep
from trainer.ground.extras import install_hint
from trainer.ground.options import check_range
from trainer.ground.overrides import parts
from trainer.ground.values import ConfigError, check
from trainer.sweep import jobs as listing
from trainer.sweep.jobs import Job, pruned
from trainer.training import objective

DIGITS = 4  # significant digits of a number from an interval


class Search:
    """Suggests combinations in batches, by Optuna's tree-structured Parzen estimator (Bergstra et al. 2011).

    The history is read from the jobs' directories, and the suggestions depend only on it and on the seed. So a search
    that was killed resumes as if nothing had happened, with any launcher.

    Args:
        overrides: Those with several values span the space: a,b,c; range(1,9,2); interval(0.1,1), where tag(log, ...)
            makes the scale logarithmic and tag(int, ...) takes whole numbers.
        goal: The objective.
        trials: How many combinations in all.
        at_once: How many are suggested together, and can be run at the same time.
        startup: How many are drawn at random first.
        prune: Stop a run whose validation figure is worse than the median of completed runs at the same epoch.
        warmup: Epochs in which no run is stopped.
        seed: The seed of the suggestions.
    """

    def __init__(
        self,
        overrides: Sequence[Override],
        goal: str,
        trials: int = 20,
        at_once: int = 4,
        startup: int = 8,
        prune: bool = True,
        warmup: int = 1,
        seed: int = 0,
    ) -> None:
        for name, value in (("trials", trials), ("at_once", at_once), ("startup", startup)):
            check(value, int, f"hydra.sweeper.search.{name}")
            try:
                check_range(name, value, "[1, inf)")
            except ValueError as error:
                raise ConfigError(str(error), f"hydra.sweeper.search.{name}") from None
        self.goal, self.trials, self.at_once, self.startup = goal, trials, at_once, startup
        self.prune, self.warmup, self.seed = prune, warmup, seed
        self.fixed = {o.get_key_element(): str(o.input_line) for o in overrides if not o.is_sweep_override()}
        self.space = {o.get_key_element(): _distribution(o) for o in overrides if o.is_sweep_override()}
        if not self.space:
            raise ConfigError("nothing to search: give values, as in 'optimizer.lr=tag(log,interval(1e-4,1e-1))'")

    def batches(self, directory: Callable[[], Path]) -> Iterator[list[Job]]:
        """Yield the jobs of each batch; ask for it when the batch before is done.

        Args:
            directory: Returns the directory of the sweep, which is known once the first batch has begun.
        """
        done: list[Job] = []
        for first in range(0, self.trials, self.at_once):
            chosen = self._suggest(done, min(self.at_once, self.trials - first))
            batch = listing.plan(directory(), chosen, [*self.space], first, self.trials)
            if first:
                batch = self._as_begun(batch)
            if limits := self._limits(done):
                for job in batch:
                    job.pruning = {"goal": self.goal, "limits": limits, "warmup": self.warmup}
            yield batch
            done += batch

    def _as_begun(self, batch: list[Job]) -> list[Job]:
        """Return a batch as it was begun before; it was another one if a job before it failed then, and not now.

        If one of its jobs is completed, the batch is kept, although other combinations would be tried now. Otherwise
        nothing is lost by forgetting it.
        """
        directory, numbers = batch[0].directory.parent, {job.number for job in batch}
        begun = [job for job in listing.read(directory) if job.number in numbers]
        if {job.name for job in begun} <= {job.name for job in batch}:
            return batch
        if any(job.status == "completed" for job in begun) and len(begun) == len(batch):
            chosen = [self._combination(job) for job in begun]
            return listing.plan(directory, chosen, [*self.space], min(numbers), self.trials)
        for job in begun:
            shutil.rmtree(job.directory)
        return batch

    def _combination(self, job: Job) -> dict[str, str]:
        """Return the overrides of a job that this search once began, by their keys."""
        begun = {written.mark + written.key: override for override in job.overrides for written in [parts(override)]}
        return self.fixed | {key: begun[key] for key in self.space}

    def _suggest(self, done: Sequence[Job], count: int) -> list[dict[str, str]]:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=self.startup, multivariate=True, constant_liar=True, seed=self.seed + len(done)
        )
        study = optuna.create_study(direction=direction(self.goal), sampler=sampler)
        study.add_trials([trial(job, self.space, self.goal) for job in done])
        suggested = [study.ask(fixed_distributions=self.space).params for _ in range(count)]
        return [self.fixed | {key: f"{key}={_text(value)}" for key, value in params.items()} for params in suggested]

    def _limits(self, done: Sequence[Job]) -> list[float]:
        """Return the medians over completed runs of the best figure so far by epoch; none while there are too few."""
        curves = [_best_so_far(job, self.goal) for job in done if job.status == "completed" and not pruned(job)]
        if not self.prune or len(curves) < self.startup:
            return []
        return [median(values) for values in zip(*curves, strict=False)]


def direction(goal: str) -> str:
    """Return Optuna's word for the direction of an objective."""
    return "maximize" if objective.maximised(goal) else "minimize"


def trial(job: Job, space: dict[str, Any], goal: str) -> Any:
    """Return a job as one of Optuna's finished trials."""
    import optuna

    settings = {written.mark + written.key: written.value for written in map(parts, job.overrides)}
    params = {}
    for key, distribution in space.items():
        if isinstance(distribution, optuna.distributions.CategoricalDistribution):
            params[key] = settings[key]
        else:  # rounding may have left the interval
            number = float(settings[key])
            number = min(max(number, distribution.low), distribution.high)
            params[key] = int(number) if isinstance(distribution, optuna.distributions.IntDistribution) else number
    return optuna.create_trial(params=params, distributions=space, value=objective.value(job.result, goal))


def _best_so_far(job: Job, goal: str) -> list[float]:
    better = max if objective.maximised(goal) else min
    figures = [row[objective.metric(goal)] for row in job.metrics if objective.metric(goal) in row]
    return [better(figures[: end + 1]) for end in range(len(figures))]


def _distribution(override: Override) -> Any:
    """Return Optuna's distribution of an override with several values. Raises ConfigError for one that has none."""
    try:
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
    except ModuleNotFoundError:
        raise ConfigError(f"a search needs Optuna; {install_hint('optuna')}", "hydra.sweeper.search") from None
    values = override.value()
    try:
        if isinstance(values, IntervalSweep):
            kind = IntDistribution if "int" in values.tags else FloatDistribution
            number = int if "int" in values.tags else float
            return kind(number(values.start), number(values.end), log="log" in values.tags)
        if isinstance(values, RangeSweep) and all(isinstance(v, int) for v in (values.start, values.stop, values.step)):
            return IntDistribution(values.start, max(values.range()), step=values.step)
    except ValueError as error:
        raise ConfigError(str(error), override.key_or_group) from None
    return CategoricalDistribution([*override.sweep_string_iterator()])


def _text(value: Any) -> str:
    """Return a suggestion as an override's value, numbers with few digits: it becomes part of the directory's name."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.{DIGITS}g}"
