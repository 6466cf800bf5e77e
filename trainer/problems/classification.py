"""One class of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from trainer.datasets import DataError
from trainer.models import Graph, Softmax
from trainer.models.losses.loss import check_vector
from trainer.problems.metrics import (
    Counts,
    averages,
    balanced_accuracy,
    confusion_matrix,
    counts_of,
    precision_recall_f1,
    roc_auc,
    top_k,
)
from trainer.problems.problem import LOSS, Metric, Problem, Sums, check_finite, mean

MOST_CONFUSED = 1000  # classes of a confusion matrix, which has K² cells
KS = (2, 3, 5, 10)  # of the top-k accuracies
TINY = 1e-30  # a probability of 0 where its logarithm becomes an output
LEAST = np.finfo(np.float64).eps  # what a probability counts as at least where its logarithm is taken


def _counts(sums: Sums) -> Counts:
    return Counts(*np.reshape(sums["counts"], (3, -1)))


def _balanced_accuracy(sums: Sums, examples: int) -> float:
    return balanced_accuracy(_counts(sums))


def _f1(sums: Sums, examples: int, average: str) -> float:
    counts = _counts(sums)
    return averages(precision_recall_f1(counts), counts)[average]["f1"]


LEAST_SHARE = 1e-7  # of a class that has no examples, so that its logarithm is a number


class Classification(Problem):
    """Each example belongs to one of K classes; the network gives K logits or, after a `Softmax`, probabilities.

    Targets are labels (N,) in [0, K), or distributions over the classes (N, K); then the class with the largest value
    counts as the label.
    """

    metrics: Mapping[str, Metric] = {
        "loss": LOSS,
        "accuracy": Metric("accuracy", mean("correct"), higher_is_better=True),
    }
    optional: Mapping[str, Metric] = {
        "balanced_accuracy": Metric("balanced accuracy", _balanced_accuracy, True, "counts"),
        "f1_macro": Metric("macro F1", partial(_f1, average="macro"), True, "counts"),
        "f1_weighted": Metric("weighted F1", partial(_f1, average="weighted"), True, "counts"),
        "log_loss": Metric("log loss", mean("log_loss"), False, "log_loss"),
        "brier": Metric("Brier score", mean("brier"), False, "brier"),
        **{f"top_{k}": Metric(f"top-{k} accuracy", mean(f"top_{k}"), True, f"top_{k}") for k in KS},
    }
    headline = "accuracy"
    loss = "models.losses.CrossEntropy"
    target_shape = ()
    target_dtype = np.int64

    def __init__(self, graph: Graph, num_classes: int | None) -> None:
        super().__init__(graph, num_classes)
        too_few = {f"top_{k}" for k in KS if k >= (num_classes or 0)}  # all examples would count
        self.optional = {name: metric for name, metric in self.optional.items() if name not in too_few}

    def check(self) -> None:
        check_vector(self.output_shape, self.num_classes)

    def check_targets(self, targets: np.ndarray) -> None:
        if targets.ndim == 2 and targets.shape[1:] == self.output_shape:
            check_finite(targets)
            if not (np.all(targets >= 0) and np.allclose(targets.sum(axis=1), 1, atol=1e-3)):
                raise DataError(
                    "the targets are vectors that do not sum to 1; give labels or distributions over the classes, "
                    'or let the dataset say problem = "trainer.problems.MultiLabel"'
                )
            return
        super().check_targets(targets)
        wrong = np.flatnonzero((targets < 0) | (targets >= self.num_classes))
        if len(wrong):
            raise DataError(
                f"the label {targets[wrong[0]]} is outside 0..{self.num_classes - 1}; set data.num_classes "
                "or fix the data"
            )

    def measures(self, outputs: np.ndarray, targets: np.ndarray) -> dict[str, float | np.ndarray]:
        """correct: how many examples have their own class as the most probable one; and the sums that are `needed`."""
        labels = targets if targets.ndim == 1 else targets.argmax(axis=0)
        correct = int(np.count_nonzero(outputs.argmax(axis=0) == labels))
        return {"correct": correct, **self._sums(self.needed, outputs, labels)} if self.needed else {"correct": correct}

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probability of each class (N, K); rows sum to 1."""
        if isinstance(self.last_layer, Softmax):
            return outputs
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def outputs_of(self, probabilities: np.ndarray) -> np.ndarray:
        """Return log p, unless the network gives p itself."""
        return probabilities if isinstance(self.last_layer, Softmax) else np.log(np.maximum(probabilities, TINY))

    def predictions(self, outputs: np.ndarray) -> np.ndarray:
        """Return the most probable class (N,) int64."""
        return outputs.argmax(axis=1)

    def random_targets(self, rng: np.random.Generator, count: int) -> np.ndarray:
        return rng.integers(self.num_classes, size=count)

    def constant(self, mean: np.ndarray, names: Sequence[str]) -> tuple[str, np.ndarray]:
        """Return the class with the most examples, with the probabilities that the classes have as a whole."""
        shares = mean if isinstance(self.last_layer, Softmax) else np.maximum(mean, LEAST_SHARE)
        return f"always '{names[int(mean.argmax())]}'", self.outputs_of(shares)

    def example_losses(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return −log p of each example's own class."""
        return -np.log(np.clip(self._own(outputs, _labels(targets)), LEAST, 1))

    def claims(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability of each example's most probable class, and whether it is the right one."""
        return self._exact(outputs.T).max(axis=1), self.predictions(outputs) == _labels(targets)

    def details(self, outputs: np.ndarray, targets: np.ndarray, names: Sequence[str], k: int) -> dict[str, Any]:
        """Return further figures, those of each class, and the confusion matrix.

        Returns:
            The figures of `optional` except top-k, and roc_auc, the mean over the classes, one against the rest; top_k
            {"k", "accuracy"} if there are more than k classes; macro and weighted, each {"precision", "recall", "f1"},
            see `averages`; classes [{"class", "precision", "recall", "f1", "examples"}]; confusion (K, K) as lists, of
            no more than `MOST_CONFUSED` classes.
        """
        labels = _labels(targets)
        asked = {name: metric for name, metric in self.optional.items() if not name.startswith("top_")}
        sums = self._sums({metric.needs for metric in asked.values() if metric.needs}, outputs.T, labels)
        counts = _counts(sums)
        area = roc_auc(self._exact(outputs.T), labels[:, np.newaxis] == np.arange(outputs.shape[1]))
        measures = precision_recall_f1(counts)
        few = len(names) <= MOST_CONFUSED
        matrix = confusion_matrix(labels, self.predictions(outputs), len(names)) if few else None
        rows = []
        for index, name in enumerate(names):
            measured = {key: float(values[index]) for key, values in measures.items()}
            rows.append({"class": name, **measured, "examples": int(counts.examples[index])})
        return {
            **{name: metric.figure(sums, len(labels)) for name, metric in asked.items()},
            **({} if area is None else {"roc_auc": area}),
            **({"top_k": {"k": k, "accuracy": top_k(outputs, labels, k) / len(labels)}} if k < len(names) else {}),
            **averages(measures, counts),
            "classes": rows,
            **({"confusion": matrix.tolist()} if matrix is not None else {}),
        }

    def _sums(self, names: Iterable[str], outputs: np.ndarray, labels: np.ndarray) -> dict[str, float | np.ndarray]:
        """Return the sums that figures of `optional` need, of outputs (K, N)."""
        return {name: SUMS[name](self, outputs, labels) for name in names}

    def _own(self, outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return the probability (N,) of each example's own class, of outputs (N, K)."""
        own: np.ndarray = self._exact(outputs.T)[np.arange(len(labels)), labels]
        return own

    def _exact(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probabilities (N, K) in double precision, of outputs (K, N)."""
        return self.probabilities(outputs.T.astype(np.float64))


def _labels(targets: np.ndarray) -> np.ndarray:
    """Return the label (N,) of each example, whose targets may be distributions (N, K)."""
    return targets if targets.ndim == 1 else targets.argmax(axis=1)


def _measured_counts(problem: Classification, outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """All `Counts`, one after the other, (3 K,)."""
    return np.concatenate(counts_of(labels, outputs.argmax(axis=0), len(outputs))).astype(np.float64)


def _log_loss(problem: Classification, outputs: np.ndarray, labels: np.ndarray) -> float:
    """−log p of the examples' own classes: the cross-entropy, whatever loss is trained with."""
    return float(-np.log(np.clip(problem._own(outputs.T, labels), LEAST, 1)).sum())


def _brier(problem: Classification, outputs: np.ndarray, labels: np.ndarray) -> float:
    """Σₖ (pₖ − tₖ)² (Brier 1950); of two classes half of it, which is the squared error of either probability."""
    error = problem._exact(outputs)
    error[np.arange(len(labels)), labels] -= 1
    return float(np.square(error).sum()) / (2 if len(outputs) == 2 else 1)


def _top_k(problem: Classification, outputs: np.ndarray, labels: np.ndarray, k: int) -> int:
    return top_k(outputs.T, labels, k)


SUMS: Mapping[str, Callable[[Classification, np.ndarray, np.ndarray], float | np.ndarray]] = {
    "counts": _measured_counts,
    "log_loss": _log_loss,
    "brier": _brier,
    **{f"top_{k}": partial(_top_k, k=k) for k in KS},
}
"""What figures need, from outputs (K, N) and labels (N,): sums over the examples."""
