"""Callbacks that end a run before its last epoch."""

from time import monotonic

from trainer.ground.options import check_range
from trainer.ground.values import ConfigError
from trainer.training.callbacks.callback import Callback
from trainer.training.objective import Mode, higher_is_better
from trainer.training.run import Run


class EarlyStopping(Callback):
    """Stops when a metric has not become better for `patience` epochs.

    It decides from the run's history alone, so a resumed run stops where it would have stopped anyway.

    Args:
        patience: In epochs; None: never stop.
        monitor: Column of metrics.csv, such as val_loss.
        mode: Whether lower ("min") or higher ("max") is better; None: whichever is better for this metric.
        min_delta: By how much the metric must become better to count.

    Raises:
        ValueError: An option is out of range; names it first.
        ConfigError: Later, if the run does not have the metric.
    """

    def __init__(
        self, patience: int | None = None, monitor: str = "val_loss", mode: Mode | None = None, min_delta: float = 0.0
    ) -> None:
        if patience is not None:
            check_range("patience", patience, "[1, inf)")
        check_range("min_delta", min_delta, "[0, inf)")
        self.patience, self.monitor, self.min_delta = patience, monitor, min_delta
        self.higher = higher_is_better(monitor, mode)

    def needs(self) -> str | None:
        return None if self.patience is None else self.monitor

    def remark(self, epochs: int) -> str | None:
        if self.patience is not None and self.patience + 1 >= epochs:
            return f"patience: {self.patience} of {epochs} epochs; the run will never be stopped early"
        return None

    def on_fit_start(self, run: Run) -> None:
        self._judge(run)

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        self._judge(run)

    def _judge(self, run: Run) -> None:
        if self.patience is None or not run.history:
            return
        best, waited = None, 0
        for row in run.history:
            score = _score(self, row)
            if best is None or score > best + self.min_delta:
                best, waited = score, 0
            else:
                waited += 1
        if waited >= self.patience:
            run.stop(f"no better {self.monitor} for {waited} epoch{'s' * (waited > 1)}")


class Target(Callback):
    """Stops when a metric has reached a value.

    Args:
        value: To be reached; None: never stop.
        monitor, mode: As in `EarlyStopping`.

    Raises:
        ValueError: The monitor is not a metric.
        ConfigError: Later, if the run does not have the metric.
    """

    def __init__(self, value: float | None = None, monitor: str = "val_accuracy", mode: Mode | None = None) -> None:
        self.value, self.monitor, self.higher = value, monitor, higher_is_better(monitor, mode)

    def needs(self) -> str | None:
        return None if self.value is None else self.monitor

    def on_fit_start(self, run: Run) -> None:
        if run.history:
            self.on_epoch_end(run, run.history[-1])

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        if self.value is not None and _score(self, row) >= _score(self, {self.monitor: self.value}):
            run.stop(f"{self.monitor} has reached {self.value:g}")


class TimeLimit(Callback):
    """Stops after the step in which the time is up; it counts from the start, or from resuming.

    Args:
        minutes: None: never stop.

    Raises:
        ValueError: The minutes are not positive.
    """

    def __init__(self, minutes: float | None = None) -> None:
        if minutes is not None:
            check_range("minutes", minutes, "(0, inf)")
        self.minutes = minutes

    def on_fit_start(self, run: Run) -> None:
        self._began = monotonic()

    def on_batch_end(self, run: Run) -> None:
        if self.minutes is not None and monotonic() - self._began >= 60 * self.minutes:
            run.stop(f"the time limit of {self.minutes:g} minutes is up")


def _score(callback: EarlyStopping | Target, row: dict[str, float | None]) -> float:
    """Return the metric, turned so that higher is better."""
    value = row.get(callback.monitor)
    if value is None:
        raise ConfigError(f"{type(callback).__name__}: this run has no {callback.monitor}; monitor another metric")
    return value if callback.higher else -value
