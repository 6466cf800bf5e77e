"""A batch split over several workers."""

from trainer.parallel.processes import Processes

__all__ = ["Processes"]
