"""Step decay."""

from trainer.ground.options import check_range
from trainer.training.schedules.schedule import History, Schedule


class Step(Schedule):
    """The learning rate is multiplied by `gamma` after every `step_size` epochs, as torch's StepLR.

    Raises:
        ValueError: An option is out of range; names it first.
    """

    def __init__(self, step_size: int = 10, gamma: float = 0.1) -> None:
        check_range("step_size", step_size, "[1, inf)")
        if step_size != int(step_size):
            raise ValueError(f"step_size: {step_size} is not a whole number of epochs")
        check_range("gamma", gamma, "(0, 1]")
        self.step_size = int(step_size)
        self.gamma = gamma

    def remark(self, epochs: int) -> str | None:
        if self.step_size >= epochs:
            return f"step_size: {self.step_size} of {epochs} epochs; the learning rate will never be reduced"
        return None

    def __call__(self, step: int, steps_per_epoch: int, epochs: int, history: History = ()) -> float:
        return self.gamma ** (step // steps_per_epoch // self.step_size)
