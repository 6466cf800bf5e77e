"""The training diverged."""

import re

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, column

NOT_FINITE = re.compile(r"epoch (\d+), step (\d+): (.*?) (?:is not finite|loss is (?:nan|inf|-inf))")
RISEN = 1.5  # over the lowest loss and above the first one: the noise of an epoch's mean is smaller
ADVICE = "lower optimizer.lr, let it rise slowly (schedule=one_cycle), or cut large gradients (clip_norm=1)"


def diverged(facts: Facts) -> Finding | None:
    """See whether values became infinite, or the training loss ended far above where it was."""
    losses = column(facts, "train_loss")
    if found := NOT_FINITE.match(str(facts.result.get("error") or "")):
        epoch, step, what = found.groups()
        rate = re.search(r"learning rate ([\d.e+-]+)", str(facts.result["error"]))
        at = f" at the learning rate {rate[1]}" if rate else ""
        text = f"The training diverged in epoch {epoch}, step {step}{at}: {what} is not finite."
        return Finding(text, "curves", ADVICE, urgent=True)
    if losses.size < 2 or not np.isfinite(losses).all():
        return None
    lowest = int(losses.argmin())
    if losses[-1] > RISEN * losses[lowest] and losses[-1] > losses[0]:
        text = (
            f"The training loss rose from {losses[lowest]:.3g} in epoch {facts.epochs[lowest]} to {losses[-1]:.3g}: "
            "the steps are too large."
        )
        return Finding(text, "curves", ADVICE, urgent=True)
    return None
