"""One-cycle policy."""

from trainer.ground.options import check_range
from trainer.training.schedules.schedule import History, Schedule, cosine_between


class OneCycle(Schedule):
    """One rise and one longer fall (Smith & Topin 2018), as torch's OneCycleLR without momentum cycling.

    The factor rises from 1/div_factor to 1 over the first `pct_start` of the steps and falls to
    1/(div_factor·final_div_factor) at the last, both along half a cosine wave. The base learning rate is the peak.

    Raises:
        ValueError: An option is out of range; names it first.
    """

    def __init__(self, pct_start: float = 0.3, div_factor: float = 25.0, final_div_factor: float = 1e4) -> None:
        check_range("pct_start", pct_start, "[0, 1)")
        check_range("div_factor", div_factor, "[1, inf)")
        check_range("final_div_factor", final_div_factor, "[1, inf)")
        self.pct_start = pct_start
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor

    def __call__(self, step: int, steps_per_epoch: int, epochs: int, history: History = ()) -> float:
        total = steps_per_epoch * epochs
        first = 1 / self.div_factor
        peak = self.pct_start * total - 1  # a step, not always whole
        if step < peak:
            return cosine_between(first, 1.0, step / peak)
        return cosine_between(1.0, first / self.final_div_factor, (step - peak) / (total - 1 - peak))
