"""Figures of classification against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.problems.metrics import averages, confusion_matrix, precision_recall_f1, top_k


@given(st.integers(2, 6), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_against_scikit_learn(classes, count, seed):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    targets, predicted = rng.integers(0, classes, (2, count))
    counts = confusion_matrix(targets, predicted, classes)
    labels = range(classes)
    np.testing.assert_array_equal(counts, metrics.confusion_matrix(targets, predicted, labels=labels))
    theirs = metrics.precision_recall_fscore_support(targets, predicted, labels=labels, zero_division=0)
    for ours, expected in zip(precision_recall_f1(counts).values(), theirs, strict=False):
        np.testing.assert_allclose(ours, expected, atol=1e-12)


@given(st.integers(1, 8), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_averages_against_scikit_learn(classes, count, seed):
    """Also where some classes do not occur, or only among the predictions."""
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    targets, predicted = rng.integers(0, rng.integers(1, classes + 1, 2)[:, np.newaxis], (2, count))
    counts = confusion_matrix(targets, predicted, classes)
    for kind, found in averages(precision_recall_f1(counts), counts).items():
        *theirs, _ = metrics.precision_recall_fscore_support(targets, predicted, average=kind, zero_division=0)
        assert [*found.values()] == pytest.approx(theirs)


def test_perfect_predictions_of_some_classes_are_perfect():
    counts = np.diag([3, 4, *[0] * 8])
    assert set(averages(precision_recall_f1(counts), counts)["macro"].values()) == {1.0}


def test_top_k():
    scores = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.3, 0.3]])
    targets = np.array([0, 1, 1])
    assert [top_k(scores, targets, k) for k in (1, 2, 3, 9)] == [1, 2, 3, 3]


def test_ties_count_against():
    assert top_k(np.zeros((4, 3)), np.zeros(4, np.int64), 2) == 0
