"""The training loss stalls although training continues."""

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, column, is_annealed
from trainer.pages.report.findings.learns_nothing import learns_nothing

LEAST_EPOCHS = 9
STILL = 0.01  # of the loss, within the last third of the epochs
REACHED = 0.1  # of the first epoch's loss: below it there is little left to learn


def plateau(facts: Facts) -> Finding | None:
    """See whether the training loss no longer falls, far from zero, at a rate that does not fall either."""
    losses = column(facts, "train_loss")
    if losses.size < LEAST_EPOCHS or not np.isfinite(losses).all() or is_annealed(facts) or learns_nothing(facts):
        return None
    last = losses[-(len(losses) // 3) :]
    half = len(last) // 2 or 1
    fall = 1 - last[-half:].mean() / last[:half].mean()
    if abs(fall) > STILL or losses[-1] < REACHED * losses[0]:
        return None
    return Finding(
        f"The training loss has stayed at {losses[-1]:.3g} for {len(last)} epochs, at the learning rate "
        f"{column(facts, 'lr')[-1]:.3g}.",
        "curves",
        "let the rate fall (schedule=one_cycle, or schedule=plateau); if that does not help, a larger network",
    )
