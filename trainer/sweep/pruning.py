"""Runs of a search that are stopped because they will not win."""

from collections.abc import Sequence

from trainer.problems import shown
from trainer.training import objective
from trainer.training.callbacks import Callback
from trainer.training.run import Run


class Pruning(Callback):
    """Stops a run whose best figure so far is worse than that of half of the runs before it at the same epoch.

    The median stopping rule of Vizier (Golovin et al. 2017). The limits are set before the run begins, so they do not
    depend on the runs beside it.

    Args:
        goal: The objective of the search.
        limits: The figure that has to be reached, by epoch.
        warmup: Epochs in which no run is stopped.
    """

    def __init__(self, goal: str, limits: Sequence[float], warmup: int = 0) -> None:
        self.goal, self.limits, self.warmup = goal, limits, warmup

    def on_fit_start(self, run: Run) -> None:
        if run.history:
            self.on_epoch_end(run, run.history[-1])

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        metric, higher = objective.metric(self.goal), objective.maximised(self.goal)
        figures = [past[metric] for past in run.history if past.get(metric) is not None]
        if not figures or not self.warmup < run.epoch <= min(len(self.limits), run.epochs - 1):
            return
        best, limit = (max if higher else min)(figures), self.limits[run.epoch - 1]
        if best < limit if higher else best > limit:
            run.stop(f"pruned: {metric} {shown(best)} is worse than {shown(limit)}, the median at this epoch")
