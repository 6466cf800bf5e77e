"""One class of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from trainer.datasets import DataError
from trainer.models import Softmax
from trainer.models.losses.loss import check_vector
from trainer.problems.metrics import averages, confusion_matrix, precision_recall_f1, top_k
from trainer.problems.problem import LOSS, Metric, Problem, check_finite, mean

LEAST_SHARE = 1e-7  # of a class that has no examples, so that its logarithm is a number


class Classification(Problem):
    """Each example belongs to one of K classes, of which the network gives K logits, or probabilities by a `Softmax`.

    Targets are labels (N,) in [0, K), or distributions over the classes (N, K), whose largest value then counts as the
    label.
    """

    metrics: ClassVar[Mapping[str, Metric]] = {
        "loss": LOSS,
        "accuracy": Metric("accuracy", mean("correct"), higher_is_better=True),
    }
    headline = "accuracy"
    loss = "models.losses.CrossEntropy"
    target_shape = ()
    target_dtype = np.int64

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
                "or repair the data"
            )

    def measures(self, outputs: np.ndarray, targets: np.ndarray) -> dict[str, float | np.ndarray]:
        """correct: how many examples have their own class as the most probable one."""
        labels = targets if targets.ndim == 1 else targets.argmax(axis=0)
        return {"correct": int(np.count_nonzero(outputs.argmax(axis=0) == labels))}

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Of each class (N, K); rows sum to 1."""
        if isinstance(self.last_layer, Softmax):
            return outputs
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def predictions(self, outputs: np.ndarray) -> np.ndarray:
        """The most probable class (N,) int64."""
        return outputs.argmax(axis=1)

    def random_targets(self, rng: np.random.Generator, count: int) -> np.ndarray:
        return rng.integers(self.num_classes, size=count)

    def constant(self, mean: np.ndarray, names: Sequence[str]) -> tuple[str, np.ndarray]:
        """The class with the most examples, with the probabilities that the classes have as a whole."""
        outputs = mean if isinstance(self.last_layer, Softmax) else np.log(np.maximum(mean, LEAST_SHARE))
        return f"always '{names[int(mean.argmax())]}'", outputs

    def details(self, outputs: np.ndarray, targets: np.ndarray, names: Sequence[str], k: int) -> dict[str, Any]:
        """Return top_k {"k", "accuracy"}; macro and weighted, each {"precision", "recall", "f1"}, see `averages`;
        classes [{"class", "precision", "recall", "f1", "examples"}]; confusion (K, K) as lists.
        """
        labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
        counts = confusion_matrix(labels, self.predictions(outputs), len(names))
        measures, sizes = precision_recall_f1(counts), counts.sum(axis=1)
        rows = []
        for index, name in enumerate(names):
            measured = {key: float(values[index]) for key, values in measures.items()}
            rows.append({"class": name, **measured, "examples": int(sizes[index])})
        return {
            "top_k": {"k": k, "accuracy": top_k(outputs, labels, k) / len(labels)},
            **averages(measures, counts),
            "classes": rows,
            "confusion": counts.tolist(),
        }
