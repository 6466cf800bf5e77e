"""The first layers get almost no gradient."""

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import WEIGHTED, Finding, by_layer, times

FACTOR = 100  # in the shipped networks the first layer gets at most 20 times less than the last
LEAST_LAYERS = 3

# Each sigmoid multiplies the gradient by its slope, which is at most 1/4, and tanh by at most 1 (Hochreiter 1991;
# Glorot and Bengio 2010).
REASONS = {
    "Sigmoid": ("a sigmoid's slope is at most 1/4, so every layer passes on less", "models.ReLU instead"),
    "Tanh": ("a tanh passes on little where it is saturated", "models.ReLU instead"),
}
ELSE = ("every layer passes on less than it gets", "initial weights that keep the scale (models.initializers.HeNormal)")


def vanishing_gradients(facts: Facts) -> Finding | None:
    """Compare the gradient per parameter of the first layers with that of the last, in most epochs."""
    _, found = by_layer(facts, "gradient_rms", WEIGHTED)
    if len(found) < LEAST_LAYERS:
        return None
    names, gradients = [*found], np.array([*found.values()])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = gradients[-1] / gradients  # (layers, epochs)
    factors = [float(np.median(row[np.isfinite(row)])) if np.isfinite(row).any() else np.inf for row in ratios]
    few = next((place for place, factor in enumerate(factors) if factor < FACTOR), len(factors))
    if not few:
        return None
    reason, instead = next((REASONS[kind] for kind in REASONS if any(r["kind"] == kind for r in facts.layers)), ELSE)
    which = f"The first {few} of {len(names)} layers get" if few > 1 else f"The first layer, {names[0]}, gets"
    factor = f"{times(factors[0])} times less than {names[-1]}" if np.isfinite(factors[0]) else "none at all"
    return Finding(
        f"{which} almost no gradient (per parameter {names[0]} gets {factor}): {reason}.",
        "gradients",
        f"{instead}, models.BatchNorm before it, or residual connections (models.Residual)",
        urgent=True,
    )
