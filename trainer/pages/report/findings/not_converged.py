"""The run ended while the network was still learning."""

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, column, is_annealed

LEAST_EPOCHS = 5
LEAST_FALL = 0.05  # of the loss, from the fifth of the epochs before the last to the last fifth


def not_converged(facts: Facts) -> Finding | None:
    """See whether training and validation loss were still falling, at a rate that had not."""
    losses = [column(facts, name) for name in ("train_loss", "val_loss") if name in facts.history]
    if facts.status != "completed" or is_annealed(facts) or not losses or losses[0].size < LEAST_EPOCHS:
        return None
    part = len(losses[0]) // 5
    falls = [1 - np.mean(each[-part:]) / np.mean(each[-2 * part : -part]) for each in losses]
    if not min(falls) > LEAST_FALL:
        return None
    name, last = ("validation", losses[-1]) if len(losses) > 1 else ("training", losses[0])
    span = f"{part} epochs" if part > 1 else "epoch"
    return Finding(
        f"The {name} loss was still falling at the end: in the last {span} it was {falls[-1]:.0%} below that of the "
        f"{span} before, and came to {last[-1]:.3g}.",
        "curves",
        f"train longer: epochs={2 * len(last)}, or continue with trainer resume RUN epochs={2 * len(last)}",
    )
