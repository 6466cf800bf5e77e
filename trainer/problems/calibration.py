"""Calibration: how well probabilities agree with outcomes."""

from typing import NamedTuple

import numpy as np

BINS = 10


class Calibration(NamedTuple):
    """What was claimed and what was true, by how sure the network was: the B bins of a reliability diagram.

    Attributes:
        edges: (B + 1,), from 0 to 1.
        counts: (B,) int64, how many claims fall into each bin; an edge belongs to the bin below it.
        claimed: (B,), their mean probability; NaN in an empty bin.
        true: (B,), the share of them that were true; NaN in an empty bin.
        error: The expected calibration error, the mean of |claimed − true| over the claims (Guo et al. 2017).
    """

    edges: np.ndarray
    counts: np.ndarray
    claimed: np.ndarray
    true: np.ndarray
    error: float


def calibration(probabilities: np.ndarray, outcomes: np.ndarray, bins: int = BINS) -> Calibration | None:
    """Return how well probabilities agree with outcomes; None without a claim whose probability is finite.

    Args:
        probabilities: (M,), of one claim each, such as that an example is of the class that was predicted.
        outcomes: (M,) bool, whether it was true.
        bins: The number of bins of equal width.
    """
    known = np.isfinite(probabilities)
    probabilities, outcomes = probabilities[known].astype(np.float64), outcomes[known]
    if not len(probabilities):
        return None
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, probabilities, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = (np.bincount(place, weights=values, minlength=bins) for values in (probabilities, outcomes))
    claimed, true = (np.divide(s, counts, out=np.full(bins, np.nan), where=counts > 0) for s in sums)
    error = float(np.nansum(np.abs(claimed - true) * counts) / len(probabilities))
    return Calibration(edges, counts, claimed, true, error)
