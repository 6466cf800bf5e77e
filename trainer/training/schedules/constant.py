"""Constant learning rate."""

from trainer.training.schedules.schedule import History, Schedule


class Constant(Schedule):
    """The base learning rate at every step."""

    def __call__(self, step: int, steps_per_epoch: int, epochs: int, history: History = ()) -> float:
        return 1.0
