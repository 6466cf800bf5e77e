"""The next of a sequence of tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp, log
from typing import Any

import numpy as np

from trainer.problems.classification import LEAST, Classification
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

    def learns_by(self, loss: Mapping[str, Any]) -> None:
        target = loss.get("_target_") or self.loss
        options = {name for name, value in loss.items() if value} - {"_target_"}
        if options or not target.endswith(self.loss):  # smoothed, weighted, or another
            self.metrics = {**self.metrics, "perplexity": replace(self.metrics["perplexity"], needs="log_loss")}

    def details(self, outputs: np.ndarray, targets: np.ndarray, names: Sequence[str], k: int) -> dict[str, Any]:
        """Return how well tokens are predicted, and which ones cost most; of many tokens a matrix would say nothing.

        Returns:
            bits: the mean of −log₂ p, where p is the probability that the network gave to the token that came; top_k as
            in `Classification`; costliest [{"token", "examples", "accuracy", "perplexity", "share"}], those with the
            largest shares of the sum of all −log p, the largest first.
        """
        classes = len(names)
        counts, right, costs, among = np.zeros(classes), np.zeros(classes), np.zeros(classes), 0
        step = max(1, TOGETHER // classes)
        for start in range(0, len(targets), step):
            part, labels = outputs[start : start + step], targets[start : start + step]
            own = self._exact(part.T)[np.arange(len(labels)), labels]
            counts += np.bincount(labels, minlength=classes)
            right += np.bincount(labels[part.argmax(axis=1) == labels], minlength=classes)
            costs += np.bincount(labels, -np.log(np.clip(own, LEAST, 1)), minlength=classes)
            among += top_k(part, labels, k)
        total = float(costs.sum())
        worst = [place for place in np.argsort(-costs, kind="stable")[:COSTLIEST] if counts[place]]
        return {
            "bits": total / len(targets) / log(2),
            **({"top_k": {"k": k, "accuracy": among / len(targets)}} if k < classes else {}),
            "costliest": [
                {
                    "token": names[place],
                    "examples": int(counts[place]),
                    "accuracy": float(right[place] / counts[place]),
                    "perplexity": perplexity(float(costs[place] / counts[place])),
                    "share": float(costs[place] / total) if total else 0.0,
                }
                for place in worst
            ],
        }
