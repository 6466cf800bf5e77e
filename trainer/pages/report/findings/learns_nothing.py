"""The network learns nothing."""

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, column
from trainer.pages.report.findings.diverged import diverged

LEAST = 0.03  # by how much the training loss must fall below that of a constant answer, which needs no inputs
ADVICE = (
    "see whether it can learn a single batch (debug=overfit); look at the layers' gradients and updates, the scale of "
    "the inputs (trainer preview) and optimizer.lr"
)


def learns_nothing(facts: Facts) -> Finding | None:
    """Compare the training loss with that of the best constant answer; without one, with that of the first epoch."""
    losses = column(facts, "train_loss")
    if losses.size < 2 or not np.isfinite(losses).all() or diverged(facts):
        return None
    constant = (facts.result.get("baseline") or {}).get("loss")
    if isinstance(constant, float) and constant > 0:
        if losses.min() > (1 - LEAST) * constant:
            text = (
                f"The network learns nothing: its training loss is {losses[-1]:.4g} after {len(losses)} epochs, and "
                f"the same answer for every example gives {constant:.4g}."
            )
            return Finding(text, "curves", ADVICE, urgent=True)
    elif losses.min() > (1 - LEAST) * losses[0] > 0:
        text = f"The network learns nothing: its training loss is {losses[-1]:.4g}, and was {losses[0]:.4g} in epoch 1."
        return Finding(text, "curves", ADVICE, urgent=True)
    return None
