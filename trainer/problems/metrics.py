"""How good predictions are, from counts."""

import numpy as np


def confusion_matrix(targets: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return counts (K, K) int64, at [i, j] the examples of class i taken for class j, from labels (N,)."""
    return np.bincount(targets * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def top_k(scores: np.ndarray, targets: np.ndarray, k: int) -> int:
    """Return how many of the N examples have their class among the k highest scores (N, K); ties count against it."""
    own = np.take_along_axis(scores, targets[:, np.newaxis], axis=1)
    return int(np.count_nonzero((scores >= own).sum(axis=1) <= k))


def precision_recall_f1(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Return precision, recall and f1 (K,) of each class, from a confusion matrix (K, K); 0 where nothing was counted.

    precision = hits / predicted, recall = hits / examples, f1 = 2 hits / (predicted + examples).
    """
    hits, examples, predicted = np.diagonal(counts), counts.sum(axis=1), counts.sum(axis=0)
    return {
        "precision": hits / np.maximum(predicted, 1),
        "recall": hits / np.maximum(examples, 1),
        "f1": 2 * hits / np.maximum(predicted + examples, 1),
    }


def averages(measures: dict[str, np.ndarray], counts: np.ndarray) -> dict[str, dict[str, float]]:
    """Return the macro and weighted mean of each measure over the classes, from the confusion matrix (K, K).

    As in scikit-learn with zero_division=0: macro is the plain mean over the classes that occur, among the labels or
    the predictions; weighted is the mean over the examples, each with the value of its class.
    """
    examples = counts.sum(axis=1)
    occurs = examples + counts.sum(axis=0) > 0
    return {
        "macro": {name: float(values[occurs].mean()) for name, values in measures.items()},
        "weighted": {name: float(values @ examples / examples.sum()) for name, values in measures.items()},
    }
