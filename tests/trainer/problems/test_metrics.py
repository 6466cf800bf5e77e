"""Figures from counts and scores against scikit-learn's."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.problems.metrics import (
    averages,
    balanced_accuracy,
    confusion_matrix,
    confusions,
    counts_of,
    precision_recall_f1,
    roc_auc,
    top_k,
)

seeds = st.integers(0, 2**32 - 1)


@given(st.integers(2, 6), st.integers(1, 40), seeds)
def test_against_scikit_learn(classes, count, seed):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    targets, predicted = rng.integers(0, classes, (2, count))
    labels = range(classes)
    found = confusion_matrix(targets, predicted, classes)
    np.testing.assert_array_equal(found, metrics.confusion_matrix(targets, predicted, labels=labels))
    true, taken, counts = confusions(targets, predicted, classes)
    assert (found[true, taken] == counts).all()
    assert counts.sum() == len(targets)
    theirs = metrics.precision_recall_fscore_support(targets, predicted, labels=labels, zero_division=0)
    for ours, expected in zip(
        precision_recall_f1(counts_of(targets, predicted, classes)).values(), theirs, strict=False
    ):
        np.testing.assert_allclose(ours, expected, atol=1e-12)


@given(st.integers(1, 8), st.integers(1, 20), seeds)
def test_averages_against_scikit_learn(classes, count, seed):
    """Also where some classes do not occur, or only among the predictions."""
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    targets, predicted = rng.integers(0, rng.integers(1, classes + 1, 2)[:, np.newaxis], (2, count))
    counts = counts_of(targets, predicted, classes)
    for kind, found in averages(precision_recall_f1(counts), counts).items():
        *theirs, _ = metrics.precision_recall_fscore_support(targets, predicted, average=kind, zero_division=0)
        assert [*found.values()] == pytest.approx(theirs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of predicted classes that do not occur
        assert balanced_accuracy(counts) == pytest.approx(metrics.balanced_accuracy_score(targets, predicted))


@given(st.integers(2, 40), st.integers(1, 9), seeds)
def test_the_area_under_the_curve_against_scikit_learn(count, levels, seed):
    """With few levels most scores are tied."""
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, (count, 3)) / 10
    positives = rng.random((count, 3)) < 0.5
    positives[:2] = [[True], [False]]
    assert roc_auc(scores, positives) == pytest.approx(metrics.roc_auc_score(positives, scores))


def test_no_area_where_a_class_has_no_examples_or_all():
    scores = np.zeros((4, 2))
    assert roc_auc(scores, np.array([[True, False]] * 4)) is None
    assert roc_auc(scores[:0], np.zeros((0, 2), bool)) is None


def test_perfect_predictions_of_some_classes_are_perfect():
    labels = np.array([0, 0, 1, 1, 1])
    counts = counts_of(labels, labels, 10)
    assert set(averages(precision_recall_f1(counts), counts)["macro"].values()) == {1.0}


def test_top_k():
    scores = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.3, 0.3]])
    targets = np.array([0, 1, 1])
    assert [top_k(scores, targets, k) for k in (1, 2, 3, 9)] == [1, 2, 3, 3]


def test_ties_count_against():
    assert top_k(np.zeros((4, 3)), np.zeros(4, np.int64), 2) == 0
