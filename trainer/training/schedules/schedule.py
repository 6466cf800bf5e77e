"""The schedule contract: a pure function of the step."""

from abc import ABC, abstractmethod
from math import cos, pi


class Schedule(ABC):
    """How the learning rate changes over a run. A pure function, so that resuming needs no state."""

    @abstractmethod
    def __call__(self, step: int, steps_per_epoch: int, epochs: int) -> float:
        """The factor of the base learning rate at optimisation step `step`, which counts from 0."""


def cosine_between(start: float, end: float, progress: float) -> float:
    """Half a cosine wave from `start` at progress 0 to `end` at progress 1."""
    return end + (start - end) * (1 + cos(pi * progress)) / 2
