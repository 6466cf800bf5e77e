"""The next of a sequence of tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any

import numpy as np

from trainer.models import Graph
from trainer.problems.classification import Classification
from trainer.problems.metrics import top_k
from trainer.problems.problem import Metric, Sums

COSTLIEST = 10  # tokens that are shown
TOGETHER = 1 << 22  # outputs that are looked at at once


def perplexity(loss: float) -> float:
    """Return the exponential of a mean loss; infinity if that is too large for a float."""
    try:
        return exp(loss)
    except OverflowError:
        return float("inf")


def _perplexity(sums: Sums, examples: int) -> float:
    return perplexity(float(sums.get("log_loss", sums["loss"])) / examples)


@dataclass(frozen=True)
class Costs:
    """What each of K tokens costs where it comes.

    Attributes:
        examples: How often it came, (K,).
        right: How often it was the likeliest, (K,).
        sums: Of −log p, where p is the probability that the network gave to it, (K,).
    """

    examples: np.ndarray
    right: np.ndarray
    sums: np.ndarray

    @property
    def accuracy(self) -> np.ndarray:
        """How often it was the likeliest where it came, (K,); 0 for a token that did not come."""
        return self.right / np.maximum(self.examples, 1)

    @property
    def shares(self) -> np.ndarray:
        """Its part of the sum over all tokens, (K,)."""
        return self.sums / (self.sums.sum() or 1)


class NextToken(Classification):
    """Which of K tokens comes next: a classification that is judged by its perplexity.

    The perplexity is the exponential of the mean of −log p, p the probability of the token that came: at perplexity k
    the network is as unsure as a guess among k tokens. The cross-entropy is that mean; with any other loss it is
    measured apart.
    """

    metrics: Mapping[str, Metric] = {
        **Classification.metrics,
        "perplexity": Metric("perplexity", _perplexity, higher_is_better=False),
    }
    headline = "perplexity"

    def __init__(self, graph: Graph, num_classes: int | None) -> None:
        super().__init__(graph, num_classes)
        inputs = [*graph.inputs.values()]
        self.writes = len(inputs) == 1 and inputs[0].dtype is not None and len(inputs[0].shape) == 1

    def learns_by(self, loss: Mapping[str, Any]) -> None:
        target = loss.get("_target_") or self.loss
        options = {name for name, value in loss.items() if value} - {"_target_"}
        if options or not target.endswith(self.loss):  # smoothed, weighted, or another
            self.metrics = {**self.metrics, "perplexity": replace(self.metrics["perplexity"], needs="log_loss")}

    def details(self, outputs: np.ndarray, targets: np.ndarray, names: Sequence[str], k: int) -> dict[str, Any]:
        """Return how well tokens are predicted, and which ones cost most; a matrix of many tokens would be useless.

        Returns:
            bits: The mean of −log₂ p, where p is the probability that the network gave to the token that came; top_k as
            in `Classification`; costliest [{"token", "examples", "accuracy", "perplexity", "share"}], those with the
            largest shares of the sum of all −log p, the largest first.
        """
        costs = self.costs(outputs, targets)
        among = sum(top_k(outputs[part], targets[part], k) for part in _parts(outputs))
        worst = [place for place in np.argsort(-costs.sums, kind="stable")[:COSTLIEST] if costs.examples[place]]
        return {
            "bits": float(costs.sums.sum()) / len(targets) / log(2),
            **({"top_k": {"k": k, "accuracy": among / len(targets)}} if k < len(names) else {}),
            "costliest": [
                {
                    "token": names[place],
                    "examples": int(costs.examples[place]),
                    "accuracy": float(costs.accuracy[place]),
                    "perplexity": perplexity(float(costs.sums[place] / costs.examples[place])),
                    "share": float(costs.shares[place]),
                }
                for place in worst
            ],
        }

    def costs(self, outputs: np.ndarray, targets: np.ndarray) -> Costs:
        """Return what each token costs, from outputs (N, K) and targets (N,) of all examples."""
        count = outputs.shape[1]
        examples, right, sums = np.zeros(count), np.zeros(count), np.zeros(count)
        for part in _parts(outputs):
            labels = targets[part]
            examples += np.bincount(labels, minlength=count)
            right += np.bincount(labels[outputs[part].argmax(axis=1) == labels], minlength=count)
            sums += np.bincount(labels, self.example_losses(outputs[part], labels), minlength=count)
        return Costs(examples, right, sums)


def _parts(outputs: np.ndarray) -> Iterator[slice]:
    """Yield the parts of outputs (N, K) that are looked at one after another."""
    step = max(1, TOGETHER // outputs.shape[1])
    return (slice(start, start + step) for start in range(0, len(outputs), step))
