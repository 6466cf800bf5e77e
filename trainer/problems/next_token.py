"""The next of a sequence of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

from trainer.problems.classification import Classification
from trainer.problems.problem import Metric, Sums


def _perplexity(sums: Sums, examples: int) -> float:
    """The exponential of the mean loss; infinite where that is too large for a float."""
    try:
        return exp(float(sums["loss"]) / examples)
    except OverflowError:
        return float("inf")


class NextToken(Classification):
    """Which of K tokens follows those before it: a classification whose figure is how surprised it is.

    perplexity is the exponential of the loss: the number of tokens between which a network as good would have to guess.
    """

    metrics: Mapping[str, Metric] = {
        **Classification.metrics,
        "perplexity": Metric("perplexity", _perplexity, higher_is_better=False),
    }
    headline = "perplexity"
