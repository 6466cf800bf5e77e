"""Probabilities that are too high."""

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, deviation, tested
from trainer.pages.report.findings.learns_nothing import learns_nothing

LEAST_CLAIMS = 100
GAP = 0.05  # modern networks claim 4 to 17 points too much before they are calibrated (Guo et al. 2017, table 1)
DEVIATIONS = 3.0


def overconfident(facts: Facts) -> Finding | None:
    """Compare how sure the network is with how often it is right."""
    seen = tested(facts)
    if facts.problem is None or seen is None or learns_nothing(facts):
        return None
    claims = facts.problem.claims(seen.outputs, seen.targets)
    if claims is None or len(claims[0]) < LEAST_CLAIMS or not np.isfinite(claims[0]).all():
        return None
    claimed, true = float(claims[0].mean()), float(claims[1].mean())
    if claimed - true < max(GAP, DEVIATIONS * deviation(true, len(claims[0]))):
        return None
    return Finding(
        f"The network is too sure: on the {seen.split} it claims {claimed:.1%} on average, but {true:.1%} are right.",
        "calibration",
        "stop earlier (callbacks.early_stopping.patience=5), more data, models.Dropout, or loss.label_smoothing=0.1",
    )
