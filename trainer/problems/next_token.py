"""The next of a sequence of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

from trainer.problems.classification import Classification
from trainer.problems.problem import Metric, Sums


def _perplexity(sums: Sums, examples: int) -> float:
    """Return the exponential of the mean loss; infinity if that is too large for a float."""
    try:
        return exp(float(sums["loss"]) / examples)
    except OverflowError:
        return float("inf")


class NextToken(Classification):
    """Which of K tokens comes next: a classification that is judged by its perplexity.

    The perplexity is the exponential of the loss: at perplexity k the network is as unsure as a guess among k tokens.
    """

    metrics: Mapping[str, Metric] = {
        **Classification.metrics,
        "perplexity": Metric("perplexity", _perplexity, higher_is_better=False),
    }
    headline = "perplexity"
