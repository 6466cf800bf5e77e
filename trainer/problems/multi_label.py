"""Any number of labels at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainer.datasets import DataError
from trainer.models import Graph, GraphError, Sigmoid
from trainer.models.losses.loss import Loss, check_vector
from trainer.problems.classification import LEAST, LEAST_SHARE, TINY
from trainer.problems.metrics import Counts, precision_recall_f1, roc_auc
from trainer.problems.problem import LOSS, Metric, Problem, Sums, mean, ratio


def _f1_macro(sums: Sums, examples: int) -> float:
    counts = Counts(*np.reshape(sums["counts"], (3, -1)))
    return float(precision_recall_f1(counts)["f1"].mean())


class MultiLabel(Problem):
    """Each of K labels applies to an example or not; the network gives K logits or, after a `Sigmoid`, probabilities.

    Targets are (N, K), 1 where a label applies and 0 where not. A label is predicted where its probability is above
    one half. The headline is F1 over all labels of all examples: 2 hits / (predicted + true labels); f1_macro is the
    mean of the F1 of each label.
    """

    metrics: Mapping[str, Metric] = {
        "loss": LOSS,
        "accuracy": Metric("accuracy", mean("correct"), higher_is_better=True),
        "f1": Metric("F1", ratio("agreed", "marked"), higher_is_better=True),
    }
    optional: Mapping[str, Metric] = {"f1_macro": Metric("macro F1", _f1_macro, True, "counts")}
    headline = "f1"
    loss = "models.losses.BinaryCrossEntropy"
    target_dtype = np.float32

    def __init__(self, graph: Graph, num_classes: int | None) -> None:
        super().__init__(graph, num_classes)
        self.target_shape = self.output_shape
        self._squashed = isinstance(self.last_layer, Sigmoid)

    def check(self) -> None:
        check_vector(self.output_shape, self.num_classes)

    def check_loss(self, loss: Loss) -> None:
        if loss.activation == "softmax":
            problem = f"{type(loss).__name__} applies a softmax, by which one label excludes the others"
            raise GraphError(problem, "choose another loss, e.g. loss=binary_cross_entropy", "loss")

    def check_targets(self, targets: np.ndarray) -> None:
        super().check_targets(targets)
        if not np.isin(targets, (0, 1)).all():
            raise DataError("the targets have values other than 0 and 1; give 1 for each label that applies, else 0")

    def measures(self, outputs: np.ndarray, targets: np.ndarray) -> dict[str, float | np.ndarray]:
        """correct: the share of an example's labels that are right; agreed: 2 hits; marked: predicted + true labels.

        Where they are needed, counts: all `Counts` of the labels, one after the other, (3 K,).
        """
        predicted, true = self.predictions(outputs), targets > 0.5
        right = int(np.count_nonzero(predicted == true))
        sums: dict[str, float | np.ndarray] = {
            "correct": right / len(outputs),
            "agreed": 2 * int(np.count_nonzero(predicted & true)),
            "marked": int(np.count_nonzero(predicted)) + int(np.count_nonzero(true)),
        }
        if self.needed:
            each = [np.count_nonzero(marks, axis=1) for marks in (predicted & true, true, predicted)]
            sums["counts"] = np.concatenate(each).astype(np.float64)
        return sums

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probability of each label (N, K), independent of the others."""
        return outputs if self._squashed else 0.5 * (1 + np.tanh(outputs / 2))

    def outputs_of(self, probabilities: np.ndarray) -> np.ndarray:
        """Return log p / (1 − p), unless the network gives p itself."""
        if self._squashed:
            return probabilities
        shares = np.clip(probabilities, TINY, 1 - LEAST)
        logits: np.ndarray = np.log(shares / (1 - shares))
        return logits

    def predictions(self, outputs: np.ndarray) -> np.ndarray:
        """Return whether each label applies, bool (N, K)."""
        return outputs > (0.5 if self._squashed else 0)

    def constant(self, mean: np.ndarray, names: Sequence[str]) -> tuple[str, np.ndarray]:
        """Return the labels that most examples have, with the probabilities that the labels have as a whole."""
        shares = np.clip(mean, LEAST_SHARE, 1 - LEAST_SHARE)
        usual = ", ".join(name for name, share in zip(names, mean, strict=True) if share > 0.5)
        return f"always {usual or 'no label'}", self.outputs_of(shares)

    def example_losses(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return the mean of −log p over the labels, p the probability that a label is as it is."""
        p = self.probabilities(outputs.astype(np.float64))
        losses: np.ndarray = -np.log(np.clip(np.where(targets > 0.5, p, 1 - p), LEAST, 1)).mean(axis=1)
        return losses

    def claims(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability of each label of each example, and whether it applies, (N K,)."""
        return self.probabilities(outputs).ravel(), targets.ravel() > 0.5

    def details(self, outputs: np.ndarray, targets: np.ndarray, names: Sequence[str], k: int) -> dict[str, Any]:
        """Return f1_macro, and roc_auc, the mean over the labels, unless one applies to all examples or to none."""
        predicted, true = self.predictions(outputs), targets > 0.5
        counts = Counts(*(marks.sum(axis=0) for marks in (predicted & true, true, predicted)))
        area = roc_auc(outputs, true)
        f1 = {"f1_macro": float(precision_recall_f1(counts)["f1"].mean())}
        return f1 if area is None else {**f1, "roc_auc": area}

    def random_targets(self, rng: np.random.Generator, count: int) -> np.ndarray:
        return rng.integers(2, size=(*self.output_shape, count)).astype(np.float32)
