"""One class of several."""

import numpy as np
import pytest

from trainer.datasets import DataError
from trainer.models import GraphError, Linear, Softmax, build
from trainer.problems import Classification

LOGITS = np.array([[1.0, 3.0, 2.0], [0.0, 1000.0, -1000.0]])


def problem(*layers, classes=3):
    stack = {"head": Linear(3)} | {f"layer{number}": layer for number, layer in enumerate(layers)}
    return Classification(build(stack, (4,), None), classes)


def test_probabilities_and_predictions():
    probabilities = problem().probabilities(LOGITS)
    np.testing.assert_allclose(probabilities[0], np.exp(LOGITS[0]) / np.exp(LOGITS[0]).sum())
    np.testing.assert_array_equal(probabilities[1], [0, 1, 0])
    assert problem(Softmax()).probabilities(LOGITS) is LOGITS
    assert problem().predictions(LOGITS).tolist() == [1, 1]


@pytest.mark.parametrize("targets", [np.array([1, 0]), np.array([[0.2, 0.7, 0.1], [0.9, 0.1, 0.0]]).T])
def test_labels_and_distributions_are_counted(targets):
    assert problem().measures(LOGITS.T, targets) == {"correct": 1}


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([0, 3]), "the label 3 is outside 0..2; set data.num_classes or repair the data"),
        (np.array([0.0, 1.0]), "the targets are float64 but Classification needs int64; "),
        (np.zeros((2, 1), np.int64), r"the targets are of shape \(N, 1\) but Classification needs \(N,\); "),
        (np.ones((2, 3)), "the targets are vectors that do not sum to 1; .*MultiLabel"),
    ],
)
def test_targets_that_do_not_fit(targets, message):
    with pytest.raises(DataError, match=message):
        problem().check_targets(targets)


def test_an_output_that_does_not_fit():
    with pytest.raises(GraphError, match="gives 3 outputs but the data has 5 classes"):
        problem(classes=5).check()
