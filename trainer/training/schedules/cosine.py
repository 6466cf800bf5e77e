"""Cosine annealing with warm-up."""

from trainer.ground.options import check_range
from trainer.training.schedules.schedule import History, Schedule, cosine_between


class Cosine(Schedule):
    """Linear warm-up to the base rate, then half a cosine wave down to `min_factor` of it (Loshchilov & Hutter 2017).

    The warm-up is given in epochs or as a fraction of the run, not both. Its w steps rise by 1/(w+1) each, from
    1/(w+1) at the first. As in torch's CosineAnnealingLR, the wave reaches its minimum one step after the last.

    Raises:
        ValueError: An option is out of range; names it first.
    """

    def __init__(self, warmup_epochs: float = 0.0, warmup_fraction: float = 0.0, min_factor: float = 0.0) -> None:
        check_range("warmup_epochs", warmup_epochs, "[0, inf)")
        check_range("warmup_fraction", warmup_fraction, "[0, 1]")
        check_range("min_factor", min_factor, "[0, 1]")
        if warmup_epochs and warmup_fraction:
            raise ValueError("warmup_fraction: cannot be given together with warmup_epochs")
        self.warmup_epochs = warmup_epochs
        self.warmup_fraction = warmup_fraction
        self.min_factor = min_factor

    def remark(self, epochs: int) -> str | None:
        if self.warmup_epochs >= epochs:
            return f"warmup_epochs: {self.warmup_epochs:g} of {epochs} epochs; the learning rate will only rise"
        if self.warmup_fraction == 1:
            return "warmup_fraction: it is all of the run; the learning rate will only rise"
        return None

    def __call__(self, step: int, steps_per_epoch: int, epochs: int, history: History = ()) -> float:
        total = steps_per_epoch * epochs
        warmup = min(total, round(self.warmup_epochs * steps_per_epoch + self.warmup_fraction * total))
        if step < warmup:
            return (step + 1) / (warmup + 1)
        return cosine_between(1.0, self.min_factor, (step - warmup) / (total - warmup))
