"""The interface for programs and notebooks: `from trainer import configure, train, load`."""

from trainer.api.configuration import Configuration, Section, configure
from trainer.api.training import TrainedRun, train

__all__ = ["Configuration", "Section", "TrainedRun", "configure", "train"]
