"""Metrics of classification, defined as in scikit-learn."""

from typing import NamedTuple

import numpy as np


class Counts(NamedTuple):
    """Counts of examples, (K,) of each class or label.

    Attributes:
        hits: That were rightly taken for it.
        examples: That are of it.
        predicted: That were taken for it.
    """

    hits: np.ndarray
    examples: np.ndarray
    predicted: np.ndarray


def counts_of(targets: np.ndarray, predicted: np.ndarray, classes: int) -> Counts:
    """Return the counts of labels (N,), each in [0, classes)."""
    hits = targets[targets == predicted]
    return Counts(*(np.bincount(labels, minlength=classes) for labels in (hits, targets, predicted)))


def confusions(targets: np.ndarray, predicted: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pairs of classes that occur, and how many examples of the first are taken for the second.

    This is the confusion matrix without its zeros: the matrix itself, (K, K), takes much memory for many classes.

    Args:
        targets, predicted: Labels (N,).
        classes: K.

    Returns:
        Three int64 arrays of the same length, in the order of the classes.
    """
    pairs, counts = np.unique(targets * classes + predicted, return_counts=True)
    return pairs // classes, pairs % classes, counts


def confusion_matrix(targets: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return counts (K, K) int64, at [i, j] the examples of class i taken for class j, from labels (N,)."""
    return np.bincount(targets * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def top_k(scores: np.ndarray, targets: np.ndarray, k: int) -> int:
    """Return how many of the N examples have their class among the k highest scores (N, K); ties count against it."""
    own = np.take_along_axis(scores, targets[:, np.newaxis], axis=1)
    return int(np.count_nonzero((scores >= own).sum(axis=1) <= k))


def precision_recall_f1(counts: Counts) -> dict[str, np.ndarray]:
    """precision, recall and f1 (K,) of each class; 0 where nothing was counted.

    precision = hits / predicted, recall = hits / examples, f1 = 2 hits / (predicted + examples).
    """
    hits, examples, predicted = counts
    return {
        "precision": hits / np.maximum(predicted, 1),
        "recall": hits / np.maximum(examples, 1),
        "f1": 2 * hits / np.maximum(predicted + examples, 1),
    }


def averages(measures: dict[str, np.ndarray], counts: Counts) -> dict[str, dict[str, float]]:
    """Return the macro and weighted mean of each measure over the classes.

    As in scikit-learn with zero_division=0: macro is the plain mean over the classes that occur, among the labels or
    the predictions; weighted is the mean over the examples, each with the value of its class.
    """
    examples = counts.examples
    occurs = examples + counts.predicted > 0
    return {
        "macro": {name: float(values[occurs].mean()) for name, values in measures.items()},
        "weighted": {name: float(values @ examples / examples.sum()) for name, values in measures.items()},
    }


def balanced_accuracy(counts: Counts) -> float:
    """Return the mean recall of the classes that have examples."""
    recall = precision_recall_f1(counts)["recall"]
    return float(recall[counts.examples > 0].mean())


def roc_auc(scores: np.ndarray, positives: np.ndarray) -> float | None:
    """Return the area under the ROC curve, the mean over the classes or labels; None where one is all or no examples.

    That of one class is the share of pairs, a positive and a negative example, of which the positive one has the
    higher score; a tie counts half (Hanley and McNeil 1982).

    Args:
        scores: (N, K).
        positives: Which examples are of which class, bool (N, K).
    """
    count, found = positives.sum(axis=0), []
    if not len(positives) or not np.all((count > 0) & (count < len(positives))):
        return None
    for own, positive, p in zip(scores.T, positives.T, count.tolist(), strict=True):
        _, place, ties = np.unique(own, return_inverse=True, return_counts=True)
        ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]  # from 1; equal scores share their mean
        found.append((ranks[positive].sum() - p * (p + 1) / 2) / (p * (len(own) - p)))
    return float(np.mean(found))
