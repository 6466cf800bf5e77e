"""The network learns its training examples by heart."""

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, column

RISEN = 1.5  # times the lowest; in healthy shipped runs, with 144 validation examples, it wanders by up to a quarter
LAST = 3  # epochs, of which the median is taken


def overfitting(facts: Facts) -> Finding | None:
    """See whether the validation loss rose while the training loss fell."""
    trained, validated = column(facts, "train_loss"), column(facts, "val_loss")
    if validated.size <= LAST or not np.isfinite([trained, validated]).all():
        return None
    lowest = int(validated.argmin())
    end = float(np.median(validated[-LAST:]))
    if lowest >= len(validated) - LAST or end < RISEN * validated[lowest] or trained[-1] >= trained[lowest]:
        return None
    return Finding(
        f"The network overfits: since epoch {facts.epochs[lowest]} the validation loss has risen from "
        f"{validated[lowest]:.3g} to {end:.3g}, while the training loss fell to {trained[-1]:.3g}.",
        "curves",
        "stop early (callbacks.early_stopping.patience=5), more data or data.augment, models.Dropout, "
        "optimizer=adamw with a larger weight_decay, or a smaller network",
    )
