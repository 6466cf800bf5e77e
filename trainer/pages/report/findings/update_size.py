"""Steps that are too large or too small for the weights."""

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import WEIGHTED, Finding, by_layer

# The rule of thumb is 10⁻³ (Karpathy, CS231n: "Ratio of weights:updates"). The shipped runs are between a third of it
# and ten times it; what is said here is far outside.
TOO_LARGE, TOO_SMALL = 1e-1, 1e-5


def update_size(facts: Facts) -> Finding | None:
    """Look at the median layer's update ratio, in the epoch where it is largest."""
    _, found = by_layer(facts, "update_ratio", WEIGHTED)
    ratios = np.array([*found.values()])
    known = ratios[:, np.isfinite(ratios).all(axis=0)] if ratios.size else ratios
    if not known.size:
        return None
    largest = float(np.median(known, axis=0).max())
    if largest > TOO_LARGE:
        text = f"Steps are too large: each changes a layer by {largest:.0%} of its weights; 0.1 % is usual."
        return Finding(text, "updates", "lower optimizer.lr, or schedule=one_cycle, which begins with small steps")
    if largest < TOO_SMALL:
        text = f"Steps are too small: each changes a layer by {largest:.1g} of its weights at most; 0.001 is usual."
        advice = "raise optimizer.lr, or use optimizer=adam, whose steps do not shrink with the gradient"
        return Finding(text, "updates", advice)
    return None
