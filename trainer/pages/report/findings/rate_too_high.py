"""The training loss goes up and down."""

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, column
from trainer.pages.report.findings.diverged import diverged
from trainer.pages.report.findings.learns_nothing import learns_nothing

LEAST_EPOCHS = 6
RISE = 0.1  # of the loss from one epoch to the next: means over an epoch do not rise so much by chance
MOST = 0.25  # of the epochs
REACHED = 0.02  # of the first epoch's loss: below it, a few examples make the difference


def rate_too_high(facts: Facts) -> Finding | None:
    """Count the epochs in which the training loss rose."""
    losses = column(facts, "train_loss")
    if losses.size < LEAST_EPOCHS or not np.isfinite(losses).all() or learns_nothing(facts) or diverged(facts):
        return None
    rises = (losses[1:] > (1 + RISE) * losses[:-1]) & (losses[1:] > REACHED * losses[0])
    if rises.mean() < MOST:
        return None
    rates = column(facts, "lr")
    return Finding(
        f"The training loss rose by more than {RISE:.0%} in {rises.sum()} of {len(losses)} epochs: steps are too large "
        f"at a learning rate of {rates.max():.3g}.",
        "curves",
        f"a lower rate (optimizer.lr={rates.max() / 10:.2g}), a larger batch_size, or schedule=one_cycle",
    )
