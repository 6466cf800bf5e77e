"""The network memorises its training examples."""

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, column

RISEN = 1.5  # times the lowest; in healthy shipped runs, with 144 validation examples, it wanders by up to a quarter
WORSE = 1.1  # times the lowest perplexity, which is a mean over thousands of characters, and all of them the same
LAST = 3  # epochs, of which the median is taken


def overfitting(facts: Facts) -> Finding | None:
    """See whether the validation loss, or perplexity, rose while that of the training fell."""
    writes = "val_perplexity" in facts.history
    name, risen, more = ("perplexity", WORSE, "text") if writes else ("loss", RISEN, "data or data.augment")
    trained, validated = column(facts, f"train_{name}"), column(facts, f"val_{name}")
    if validated.size <= LAST or not np.isfinite([trained, validated]).all():
        return None
    lowest = int(validated.argmin())
    steadily = writes and lowest < len(validated) - 2 and bool((np.diff(validated[lowest:]) > 0).all())
    end = float(validated[-1] if steadily else np.median(validated[-LAST:]))
    lasting = steadily or lowest < len(validated) - LAST
    if not lasting or end < risen * validated[lowest] or trained[-1] >= trained[lowest]:
        return None
    return Finding(
        f"The network overfits: since epoch {facts.epochs[lowest]} the validation {name} has risen from "
        f"{validated[lowest]:.3g} to {end:.3g}, while the training {name} fell to {trained[-1]:.3g}.",
        "curves",
        f"stop early (callbacks.early_stopping.patience=5), more {more}, models.Dropout, "
        "optimizer=adamw with a larger weight_decay, or a smaller network",
    )
