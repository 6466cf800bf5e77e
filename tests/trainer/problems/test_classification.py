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


@pytest.mark.parametrize("classes", [2, 4, 12])
def test_optional_figures_equal_those_of_scikit_learn(classes):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(classes)
    outputs, labels = 3 * rng.normal(size=(classes, 60)), rng.integers(classes, size=60)
    found = Classification(build({"head": Linear(classes)}, (4,), None), classes)
    found.ask(found.optional)
    sums = found.measures(outputs, labels)
    p, guesses, known = found.probabilities(outputs.T), outputs.argmax(axis=0), np.arange(classes)
    expected = {
        "accuracy": metrics.accuracy_score(labels, guesses),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, guesses),
        "f1_macro": metrics.f1_score(labels, guesses, average="macro"),
        "f1_weighted": metrics.f1_score(labels, guesses, average="weighted"),
        "log_loss": metrics.log_loss(labels, p, labels=known),
        "brier": np.square(p - np.eye(classes)[labels]).sum(axis=1).mean() / (2 if classes == 2 else 1),
    }
    for k in (2, 3, 5, 10):
        if k < classes:
            expected[f"top_{k}"] = metrics.top_k_accuracy_score(labels, outputs.T, k=k, labels=known)
    figures = found.figures({"loss": 0.0, **sums}, 60)
    assert figures.pop("loss") == 0
    assert figures == pytest.approx(expected)
    if classes == 2:
        assert figures["brier"] == pytest.approx(metrics.brier_score_loss(labels, p[:, 1]))
    details = found.details(outputs.T, labels, [str(label) for label in known], 3)
    assert details["roc_auc"] == pytest.approx(metrics.roc_auc_score(np.eye(classes)[labels], p))
    shared = figures.keys() & details.keys()
    assert {name: details[name] for name in shared} == pytest.approx({name: figures[name] for name in shared})
    assert ("top_k" in details) == (classes > 3)


def test_examples_are_ranked_by_their_cross_entropy_and_claims_are_the_best_guesses():
    for targets in (np.array([1, 2]), np.eye(3)[[1, 2]]):
        losses = problem().example_losses(LOGITS, targets)
        np.testing.assert_allclose(losses, [np.log(np.exp([-2, 0, -1]).sum()), -np.log(np.finfo(np.float64).eps)])
        probabilities, hits = problem().claims(LOGITS, targets)
        np.testing.assert_allclose(probabilities, [1 / np.exp([-2, 0, -1]).sum(), 1])
        assert hits.tolist() == [True, False]


def test_a_certain_mistake_is_finite():
    found = problem()
    found.ask(["log_loss"])
    assert 30 < found.measures(LOGITS[1:].T, np.array([2]))["log_loss"] < 40


def test_a_figure_that_the_data_do_not_have_is_refused():
    for name in ("top_3", "rmse"):
        with pytest.raises(ValueError, match=f"metrics: these data have no '{name}'; they have balanced_accuracy, "):
            problem().ask([name])


@pytest.mark.parametrize("targets", [np.array([1, 0]), np.array([[0.2, 0.7, 0.1], [0.9, 0.1, 0.0]]).T])
def test_labels_and_distributions_are_counted(targets):
    assert problem().measures(LOGITS.T, targets) == {"correct": 1}


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([0, 3]), "the label 3 is outside 0..2; set data.num_classes or fix the data"),
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
