"""Values."""

import csv
import json

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, median_absolute_error, r2_score, root_mean_squared_error

from tests.helpers import tables
from tests.helpers.runs import composed
from tests.helpers.training import At, assert_same_run, last, resumed, rows, small_config, train
from trainer import load
from trainer.commands.evaluate import evaluate
from trainer.datasets import DataError
from trainer.models import GraphError, Linear, build
from trainer.problems import Regression
from trainer.runs import checkpoint, resume
from trainer.runs.checkpoint import Checkpoint, CheckpointError
from trainer.training import fit

PROBLEM = Regression(build({"head": Linear(3)}, (4,), None), None)
PROBLEM.ask(["rmse"])
LAYERS = {"head": {"_target_": "models.Linear", "out_features": 4}}


def figures(outputs, targets):
    return PROBLEM.figures({"loss": 0.0, **PROBLEM.measures(outputs, targets)}, outputs.shape[1])


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_figures_equal_those_of_scikit_learn(offset):
    rng = np.random.default_rng(0)
    targets = rng.normal(size=(3, 50)) + offset
    outputs = targets + rng.normal(size=(3, 50)) * [[0.1], [1.0], [2.0]]
    found = figures(outputs, targets)
    assert found["mae"] == pytest.approx(mean_absolute_error(targets.T, outputs.T))
    assert found["r2"] == pytest.approx(r2_score(targets.T, outputs.T), rel=1e-6)
    assert found["rmse"] == pytest.approx(root_mean_squared_error(targets.T, outputs.T))
    details = PROBLEM.details(outputs.T, targets.T, (), 3)
    assert details["rmse"] == pytest.approx(found["rmse"])
    assert details["median_absolute_error"] == pytest.approx(median_absolute_error(targets.T, outputs.T))


def test_figures_and_predictions_are_in_the_units_of_the_targets():
    rng = np.random.default_rng(0)
    mean, scale = np.array([1e6, 0.0, -5.0]), np.array([100.0, 1.0, 0.1])
    targets, problem = rng.normal(size=(50, 3)), Regression(build({"head": Linear(3)}, (4,), None), None)
    outputs = targets + rng.normal(size=(50, 3))
    problem.in_units(mean, scale)
    found = problem.figures({"loss": 0.0, **problem.measures(outputs.T, targets.T)}, 50)
    predicted, true = problem.predictions(outputs), targets * scale + mean
    np.testing.assert_allclose(predicted, outputs * scale + mean, rtol=1e-12)
    assert found["mae"] == pytest.approx(mean_absolute_error(true, predicted))
    assert found["r2"] == pytest.approx(r2_score(true, predicted))
    assert problem.example_losses(outputs, targets).mean() == pytest.approx(found["mae"])
    with pytest.raises(GraphError, match="gives 3 outputs but the targets have 2; set out_features"):
        problem.in_units([0.0, 0.0], [1.0, 1.0])


def test_a_table_of_prices_is_measured_in_prices(tmp_path):
    file = tables.write(tmp_path / "houses.csv", tables.without(tables.houses(), "dear"))
    config = composed(*tables.TABLE, f"data.file={file}", "data.target=price", "epochs=20", "validation=0.1")
    result = fit.train(config, tmp_path / "run")
    assert result["test"]["loss"] < 1  # of standardised prices
    assert 1000 < result["test"]["mae"] < 40_000  # of prices
    assert result["test"]["r2"] > 0.4
    found = evaluate(load(tmp_path / "run"))
    assert found.items() >= ({"examples": 60, "available": 60} | result["test"]).items()
    assert 1000 < found["median_absolute_error"] < found["mae"] < found["rmse"]


SHORT = ("epochs=8", "parallel.workers=1", "callbacks.report=null", "callbacks.curves=null")


def test_values_of_arrays_are_standardised_by_the_training_examples_and_measured_in_their_units(tmp_path):
    x = np.random.default_rng(0).normal(size=(400, 3))
    np.savez(tmp_path / "mine.npz", x_train=x[:300], y_train=750 + 100 * x[:300, 0], x_test=x[300:],
             y_test=np.full(100, 750.0))  # fmt: skip
    options = ("data.target_mean=auto", "data.target_std=auto", "validation=0.0", "optimizer.lr=0.01", *SHORT)
    config = composed("model=mlp", "data=arrays", f"data.file={tmp_path / 'mine.npz'}", *options)
    expected = 750 + 100 * x[:300, 0].mean(), 100 * x[:300, 0].std()
    assert [config["data"][name] for name in ("target_mean", "target_std")] == [[pytest.approx(e)] for e in expected]
    fit.train(config, tmp_path / "run")
    predicted = load(tmp_path / "run").predict(x[300:])
    assert np.abs(predicted[:, 0] - 750 - 100 * x[300:, 0]).mean() < 20


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_targets_that_never_change(value):
    targets = np.full((3, 7), value, np.float32)
    assert figures(targets, targets)["r2"] == 1
    assert figures(targets + 1, targets)["r2"] == 0
    assert figures(targets + np.array([[0], [0], [1]]), targets)["r2"] == pytest.approx(2 / 3)


def test_targets_that_do_not_fit():
    with pytest.raises(GraphError, match="gives 3 outputs but the targets have 2; set out_features"):
        PROBLEM.check_targets(np.zeros((5, 2), np.float32))
    with pytest.raises(DataError, match=r"of shape \(N,\) but Regression needs \(N, 3\)"):
        PROBLEM.check_targets(np.zeros(5, np.float32))
    with pytest.raises(DataError, match="the targets are complex128 but Regression needs float32"):
        PROBLEM.check_targets(np.zeros((5, 3), complex))


def test_the_shipped_example_needs_no_further_words(tmp_path):
    train(
        composed("model=shallow_cnn", "data=random_regression", "epochs=2", "callbacks.curves=null"), tmp_path / "run"
    )
    (header, *rows) = csv.reader((tmp_path / "run/metrics.csv").open())
    assert header == ["epoch", "train_loss", "train_mae", "train_r2", "lr", "seconds", "samples_per_second"]
    assert len(rows) == 2


@pytest.fixture(scope="module")
def config():
    """The loss is not named."""
    data = {"_target_": "tests.helpers.problems.Quarters", "values": True}
    return small_config(
        "epochs=3", "batch_size=60", "optimizer.lr=0.1", model={"layers": LAYERS}, data=data, allow=("tests",)
    )


@pytest.fixture(scope="module")
def run(config, tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "values"
    train(config | {"epochs": 30}, directory)
    return directory


def test_a_run_learns_them_and_writes_their_figures(run):
    names = [f"{part}_{name}" for part in ("train", "val") for name in ("loss", "mae", "r2")]
    rows = list(csv.DictReader((run / "metrics.csv").open()))
    assert list(rows[0]) == ["epoch", *names, "lr", "seconds", "samples_per_second"]
    result = json.loads((run / "result.json").read_text())
    assert result["best"]["val_loss"] == min(float(row["val_loss"]) for row in rows)
    assert result["test"]["r2"] > 0.8
    found = evaluate(load(run, ["tests"]))
    assert found.items() >= ({"examples": 200, "available": 200} | result["test"]).items()
    assert 0 < found["median_absolute_error"] < found["mae"] < found["rmse"]


@pytest.mark.process
def test_two_workers_find_the_same_figures(config, run, tmp_path):
    parallel = {"_target_": "trainer.parallel.Processes", "workers": 2}
    train(config | {"epochs": 30, "parallel": parallel}, tmp_path / "run")
    one, two = (json.loads((directory / "result.json").read_text()) for directory in (run, tmp_path / "run"))
    assert two["test"] == {name: pytest.approx(value, rel=1e-4) for name, value in one["test"].items()}


def test_resumed_it_ends_in_the_same_bits(config, tmp_path):
    train(config, tmp_path / "whole")
    train(config, tmp_path / "parts", At(5, lambda run: run.stop("by the test")))
    resumed(config, tmp_path / "parts")
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_a_checkpoint_that_lacks_these_sums_goes_on_without_the_figures_of_its_epoch(config, tmp_path):
    """As one of format 1 does, which knew no more than the loss."""
    train(config, tmp_path / "run", At(5, lambda run: run.stop("by the test")))
    saved = last(tmp_path / "run")
    tally = {name: saved.metadata["tally"][name] for name in ("samples", "loss")}
    checkpoint.write(Checkpoint(saved.tensors, saved.metadata | {"tally": tally}), tmp_path / "run" / resume.LAST)
    resumed(config, tmp_path / "run", At(6, lambda run: run.stop("again")))  # the sums that are not known are saved
    resumed(config, tmp_path / "run")
    history = rows(tmp_path / "run")
    assert [row["train_r2"] is None for row in history] == [False, True, False]
    assert all(row["val_r2"] is not None for row in history)


def test_a_checkpoint_with_sums_of_another_length_is_refused(config, tmp_path):
    train(config, tmp_path / "run", At(5, lambda run: run.stop("by the test")))
    saved = last(tmp_path / "run")
    tally = saved.metadata["tally"] | {"target": [1.0]}
    checkpoint.write(Checkpoint(saved.tensors, saved.metadata | {"tally": tally}), tmp_path / "run" / resume.LAST)
    with pytest.raises(CheckpointError, match="tally: target is not a sum of Regression"):
        resumed(config, tmp_path / "run")
