"""Units whose output is always 0."""

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, by_layer, listed, since

MOST = 0.4  # "as much as 40 % of your network can be dead" (Karpathy, CS231n: Neural Networks, on ReLU)


def dead_units(facts: Facts) -> Finding | None:
    """Look at the share of each activation's units, or channels, that were 0 for all examples in the last epoch."""
    epochs, found = by_layer(facts, "dead")
    many = {layer: values for layer, values in found.items() if values[-1] >= MOST}
    if not many:
        return None
    worst = max(many, key=lambda layer: float(many[layer][-1]))
    others = [layer for layer in many if layer != worst]
    more = f"; so are many of {listed(others)}" if others else ""
    return Finding(
        f"{many[worst][-1]:.0%} of {worst}'s units are dead {_since(epochs, many[worst] >= MOST)}: they are 0 for "
        f"every example that was looked at, so they hardly learn{more}.",
        "units",
        "shorter first steps (a lower optimizer.lr, schedule=one_cycle, or clip_norm=1), or models.BatchNorm before it",
    )


def _since(epochs: list[int], holds: np.ndarray) -> str:
    epoch = since(epochs, holds)
    return "from the first epoch on" if epoch == epochs[0] else f"since epoch {epoch}"
