"""Reduce on plateau."""

from trainer.ground.options import check_range
from trainer.ground.values import ConfigError
from trainer.training.objective import Mode, higher_is_better
from trainer.training.schedules.schedule import History, Schedule


class Plateau(Schedule):
    """The learning rate is multiplied by `factor` when a metric no longer gets better, as torch's ReduceLROnPlateau.

    Which rate an epoch gets follows from the figures of the epochs before it.

    Args:
        factor: By which each reduction multiplies the rate.
        patience: Epochs without a better metric that are tolerated; one more reduces the rate.
        monitor: Column of metrics.csv, such as val_loss.
        mode: Whether lower ("min") or higher ("max") is better; None: whichever is better for this metric.
        threshold: The share of the best value so far by which the metric must become better to count.
        cooldown: Epochs after a reduction that are not counted.
        min_factor: The smallest factor of the base rate.

    Raises:
        ValueError: An option is out of range, or `monitor` is not a metric; names the option first.
        ConfigError: When called, if this run does not have the metric.
    """

    def __init__(
        self,
        factor: float = 0.1,
        patience: int = 10,
        monitor: str = "val_loss",
        mode: Mode | None = None,
        threshold: float = 1e-4,
        cooldown: int = 0,
        min_factor: float = 0.0,
    ) -> None:
        check_range("factor", factor, "(0, 1)")
        check_range("patience", patience, "[0, inf)")
        check_range("threshold", threshold, "[0, inf)")
        check_range("cooldown", cooldown, "[0, inf)")
        check_range("min_factor", min_factor, "[0, 1]")
        self.factor, self.patience, self.monitor, self.mode = factor, patience, monitor, mode
        self.higher = higher_is_better(monitor, mode)
        self.threshold, self.cooldown, self.min_factor = threshold, cooldown, min_factor
        self._latest: tuple[History, int, float] = ((), 0, 1.0)

    def __call__(self, step: int, steps_per_epoch: int, epochs: int, history: History = ()) -> float:
        seen, length, factor = self._latest
        if seen is not history or length != len(history):  # the same for all steps of an epoch
            factor = self._replay(history)
            self._latest = history, len(history), factor
        return factor

    def needs(self) -> str:
        return self.monitor

    def remark(self, epochs: int) -> str | None:
        if self.patience + 2 > epochs - 1:
            return f"patience: {self.patience} of {epochs} epochs; the learning rate will never be reduced"
        return None

    def _replay(self, history: History) -> float:
        """Return the factor after these epochs."""
        current, best, waited, resting = 1.0, None, 0, 0
        for row in history:
            value = row.get(self.monitor)
            if value is None:
                problem = f"Plateau: this run has no {self.monitor}; monitor another metric"
                raise ConfigError(problem, "schedule.monitor")
            if best is None or self._better(value, best):
                best, waited = value, 0
            else:
                waited += 1
            if resting:
                resting, waited = resting - 1, 0
            if waited > self.patience:
                current, waited, resting = max(current * self.factor, self.min_factor), 0, self.cooldown
        return current

    def _better(self, value: float, best: float) -> bool:
        return value > best * (1 + self.threshold) if self.higher else value < best * (1 - self.threshold)
