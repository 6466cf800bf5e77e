"""The schedule contract: a pure function of the step and of the figures so far."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from math import cos, pi

History = Sequence[Mapping[str, float | None]]
"""A row for each finished epoch, with the columns of metrics.csv; None if the task has no such figure."""


class Schedule(ABC):
    """How the learning rate changes over a run. A pure function, so that resuming needs no state.

    For example, half the rate from the first epoch on whose validation loss is below 0.5:

        class Halve(Schedule):
            def __call__(self, step: int, steps_per_epoch: int, epochs: int, history: History = ()) -> float:
                losses = (row["val_loss"] for row in history)
                return 0.5 if any(loss is not None and loss < 0.5 for loss in losses) else 1.0
    """

    @abstractmethod
    def __call__(self, step: int, steps_per_epoch: int, epochs: int, history: History = ()) -> float:
        """Return the factor of the base learning rate at one step.

        Args:
            step: Counts from 0 over the whole run.
            steps_per_epoch, epochs: The numbers of steps per epoch and of epochs; resuming may change `epochs`.
            history: The epochs before the one that `step` is in; always the same list, to which the loop appends.
        """

    def needs(self) -> str | None:
        """Return the column of metrics.csv that it needs, or None. A run without that column is refused."""

    def remark(self, epochs: int) -> str | None:
        """Return a warning, "option: problem", if an option is probably a mistake for this many epochs; else None."""


def cosine_between(start: float, end: float, progress: float) -> float:
    """Return the point at `progress` of half a cosine wave from `start` at 0 to `end` at 1."""
    return end + (start - end) * (1 + cos(pi * progress)) / 2
