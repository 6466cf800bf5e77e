"""Activations at their limits, where almost no gradient passes."""

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, by_layer, listed

MOST = 0.6  # of the outputs; in networks that train well it is up to a third (Glorot and Bengio 2010, section 3)


def saturated_units(facts: Facts) -> Finding | None:
    """Look at the share of each tanh's or sigmoid's outputs that were near a limit in the last epoch."""
    _, found = by_layer(facts, "saturated")
    many = {layer: values[-1] for layer, values in found.items() if values[-1] >= MOST}
    if not many:
        return None
    worst = max(many, key=lambda layer: float(many[layer]))
    others = [layer for layer in many if layer != worst]
    return Finding(
        f"{many[worst]:.0%} of {worst}'s outputs are saturated, within 0.03 of a limit, where almost no gradient "
        f"passes{f'; so are many of {listed(others)}' if others else ''}.",
        "units",
        "a lower optimizer.lr, smaller initial weights (models.initializers.XavierUniform), or models.BatchNorm before",
    )
