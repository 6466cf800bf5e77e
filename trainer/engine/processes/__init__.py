"""A batch split over several workers."""

from trainer.engine.processes.processes import Processes

__all__ = ["Processes"]
