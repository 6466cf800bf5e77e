"""Any number of labels at once."""

import csv
import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from tests.helpers.problems import Quarters
from tests.helpers.training import At, assert_same_run, resumed, small_config, train
from trainer import load
from trainer.commands.evaluate import evaluate, report
from trainer.datasets import DataError
from trainer.models import GraphError, Linear, Sigmoid, build
from trainer.models.losses import BinaryCrossEntropy, CrossEntropy, ExpressionLoss, Focal
from trainer.problems import MultiLabel

LAYERS = {"head": {"_target_": "models.Linear", "out_features": 4}}


def problem(*layers):
    stack = {"head": Linear(3)} | {f"layer{number}": layer for number, layer in enumerate(layers)}
    return MultiLabel(build(stack, (4,), None), 3)


def test_figures_equal_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    outputs, targets = rng.normal(size=(3, 50)), problem().random_targets(rng, 50)
    figures = problem().figures({"loss": 0.0, **problem().measures(outputs, targets)}, 50)
    assert figures["f1"] == pytest.approx(f1_score(targets.T, outputs.T > 0, average="micro"))
    assert figures["accuracy"] == pytest.approx(accuracy_score(targets.ravel(), outputs.ravel() > 0))


def test_optional_figures_equal_those_of_scikit_learn():
    rng, found = np.random.default_rng(0), problem()
    found.ask(found.optional)
    outputs, targets = rng.normal(size=(3, 50)), found.random_targets(rng, 50)
    figures = found.figures({"loss": 0.0, **found.measures(outputs, targets)}, 50)
    details = found.details(outputs.T, targets.T, ("a", "b", "c"), 3)
    assert figures["f1_macro"] == pytest.approx(f1_score(targets.T, outputs.T > 0, average="macro"))
    assert details == {"f1_macro": figures["f1_macro"], "roc_auc": pytest.approx(roc_auc_score(targets.T, outputs.T))}


def test_losses_of_examples_and_claims_of_labels():
    logits, targets = np.array([[0.0, 2.0, -2.0], [1.0, 1.0, 1.0]]), np.array([[0, 1, 0], [1, 0, 0]], np.float32)
    p = 1 / (1 + np.exp(-logits))
    expected = -np.log(np.where(targets > 0.5, p, 1 - p)).mean(axis=1)
    np.testing.assert_allclose(problem().example_losses(logits, targets), expected)
    probabilities, outcomes = problem().claims(logits, targets)
    np.testing.assert_allclose(probabilities, p.ravel())
    assert outcomes.tolist() == [False, True, False, True, False, False]


def test_nothing_true_and_nothing_predicted():
    figures = problem().figures({"loss": 0.0, **problem().measures(np.full((3, 2), -1.0), np.zeros((3, 2)))}, 2)
    assert (figures["accuracy"], figures["f1"]) == (1, 0)


def test_probabilities_and_predictions():
    logits = np.array([[-1e4, 0.0, 1e4]], np.float32)
    np.testing.assert_array_equal(problem().probabilities(logits), [[0, 0.5, 1]])
    assert problem().predictions(logits).tolist() == [[False, False, True]]
    probabilities = np.array([[0.1, 0.5, 0.9]])
    assert problem(Sigmoid()).probabilities(probabilities) is probabilities
    assert problem(Sigmoid()).predictions(probabilities).tolist() == [[False, False, True]]


@pytest.mark.parametrize("loss", [CrossEntropy(), Focal(), ExpressionLoss("-t * log_softmax(y)")])
def test_a_softmax_would_let_labels_exclude_each_other(loss):
    problem().check_loss(BinaryCrossEntropy())
    with pytest.raises(GraphError, match=f"{type(loss).__name__} applies a softmax, .*; choose .* loss=binary_cross"):
        problem().check_loss(loss)


def test_targets_that_do_not_fit():
    with pytest.raises(DataError, match="values other than 0 and 1"):
        problem().check_targets(np.full((2, 3), 0.5))
    with pytest.raises(DataError, match=r"of shape \(N,\) but MultiLabel needs \(N, 3\)"):
        problem().check_targets(np.zeros(2, np.int64))
    with pytest.raises(GraphError, match="gives 3 outputs but the targets have 4; set out_features"):
        problem().check_targets(np.zeros((2, 4)))


@pytest.fixture(scope="module")
def config():
    """The loss is not named."""
    data = {"_target_": "tests.helpers.problems.Quarters"}
    return small_config(
        "epochs=3", "batch_size=60", "optimizer.lr=0.1", model={"layers": LAYERS}, data=data, allow=("tests",)
    )


@pytest.fixture(scope="module")
def run(config, tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "labels"
    train(config | {"epochs": 30}, directory)
    return directory


def test_a_run_learns_them_and_writes_their_figures(run):
    rows = list(csv.DictReader((run / "metrics.csv").open()))
    figures = [f"{part}_{name}" for part in ("train", "val") for name in ("loss", "accuracy", "f1")]
    assert list(rows[0]) == ["epoch", *figures, "lr", "seconds", "samples_per_second"]
    result = json.loads((run / "result.json").read_text())
    assert list(result["best"]) == ["epoch", "val_loss", "val_accuracy", "val_f1"]
    assert result["test"]["f1"] > 0.8
    assert result["best"]["val_f1"] == max(float(row["val_f1"]) for row in rows)


def test_evaluation_equals_the_end_of_the_run(run):
    network = load(run, ["tests"])
    found = evaluate(network)
    test = json.loads((run / "result.json").read_text())["test"]
    assert found.items() >= ({"examples": 200, "available": 200} | test).items()
    names = [line.split()[0] for line in report(found).splitlines()[1:]]
    assert names == ["network", "loss", "accuracy", "f1", "f1_macro", "roc_auc"]
    examples = Quarters().read()[1]
    right = network.predict_classes(examples.inputs) == examples.targets
    assert right.mean() == pytest.approx(test["accuracy"])


def test_resumed_it_ends_in_the_same_bits(config, tmp_path):
    train(config, tmp_path / "whole")
    train(config, tmp_path / "parts", At(5, lambda run: run.stop("by the test")))
    resumed(config, tmp_path / "parts")
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_its_loss_is_binary_cross_entropy(config):
    from trainer.engine.setup import Setup

    assert isinstance(Setup(config).loss, BinaryCrossEntropy)
