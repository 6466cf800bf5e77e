"""The training loop: which examples, rates and weights, in which order."""

import logging

import numpy as np
import pytest

from tests.helpers.training import At, assert_same_run, last, resumed, small_config, train
from trainer import load
from trainer.commands.evaluate import evaluate
from trainer.engine.processes.workers import Workers
from trainer.runs.records import read_metrics
from trainer.training.callbacks import Callback
from trainer.training.schedules import Cosine

EXAMPLES = 1293  # of the digits, for training


@pytest.fixture
def steps(monkeypatch):
    """The indices, learning rate and number of every step that is trained."""
    seen, step = [], Workers.train

    def train(self, indices, lr, number, *watched):
        seen.append((indices.copy(), lr, number))
        return step(self, indices, lr, number, *watched)

    monkeypatch.setattr(Workers, "train", train)
    return seen


def test_every_epoch_sees_every_example_once_in_an_order_of_its_own(tmp_path, steps):
    train(small_config("epochs=2"), tmp_path / "run")
    epochs = [np.concatenate([indices for indices, _, _ in steps[start : start + 5]]) for start in (0, 5)]
    for order in epochs:
        np.testing.assert_array_equal(np.sort(order), np.arange(EXAMPLES))
    assert not np.array_equal(*epochs)
    assert [len(indices) for indices, _, _ in steps[:5]] == [300] * 4 + [EXAMPLES - 1200]


def test_steps_count_from_one_and_have_the_rates_of_the_schedule(tmp_path, steps):
    config = small_config("epochs=2", "schedule=cosine", "schedule.warmup_fraction=0.3", "optimizer.lr=0.02")
    train(config, tmp_path / "run")
    schedule = Cosine(warmup_fraction=0.3)
    assert [number for _, _, number in steps] == [*range(1, 11)]
    assert [lr for _, lr, _ in steps] == [0.02 * schedule(step, 5, 2) for step in range(10)]
    assert read_metrics(tmp_path / "run" / "metrics.csv")[-1]["lr"] == steps[-1][1]


def test_the_weights_that_validated_best_are_tested(tmp_path):
    result = train(small_config("optimizer.lr=1.0", "schedule=constant", "seed=1"), tmp_path / "run")
    best = result["best"]["epoch"]
    assert best < 4  # the last epoch is worse
    assert evaluate(load(tmp_path / "run"))["accuracy"] == pytest.approx(result["test"]["accuracy"])
    rows = read_metrics(tmp_path / "run" / "metrics.csv")
    assert rows[best - 1]["val_accuracy"] == max(row["val_accuracy"] for row in rows)


def test_without_validation_there_is_no_best(tmp_path):
    config = small_config("epochs=1", "validation=0", "~callbacks.early_stopping", "~callbacks.checkpoints")
    result = train(config, tmp_path / "run")
    assert result["best"] is None
    assert result["final"]["val_loss"] is None
    assert result["test"]["accuracy"] > 0


def test_a_callback_stops_after_the_step(tmp_path, caplog, steps):
    with caplog.at_level(logging.INFO, "trainer"):
        result = train(small_config(), tmp_path / "run", At(7, lambda run: run.stop("it has seen enough")))
    assert len(steps) == 7
    assert (result["status"], result["reason"]) == ("completed", "it has seen enough")
    assert "stopped: it has seen enough in epoch 2 after step 7" in caplog.messages
    assert caplog.messages[-1] == f"everything is in {tmp_path / 'run'}"


class Note(Callback):
    def __init__(self, events):
        self.events = events

    def on_epoch_end(self, run, row):
        self.events.append((type(self).__name__, run.epoch, len(run.history)))


class Kept(Note):
    def state(self):
        return {}


def test_callbacks_with_state_come_first_and_the_epoch_has_been_counted(tmp_path):
    events = []
    train(small_config("epochs=2"), tmp_path / "run", Note(events), Kept(events))
    assert events == [("Kept", 1, 1), ("Note", 1, 1), ("Kept", 2, 2), ("Note", 2, 2)]


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.process)])
def test_figures_asked_for_are_columns_and_equal_those_of_the_evaluation(tmp_path, workers):
    names = ["balanced_accuracy", "f1_weighted", "brier", "top_2"]
    config = small_config(
        "epochs=2", f"metrics=[{','.join(names)}]", f"parallel.workers={workers}", "objective=best_val_f1_macro"
    )
    result = train(config, tmp_path / "run")
    header = (tmp_path / "run/metrics.csv").read_text().partition("\n")[0].split(",")
    assert header[1:8] == [f"train_{name}" for name in ("loss", "accuracy", *names, "f1_macro")]
    found = evaluate(load(tmp_path / "run"))
    assert {name: found[name] for name in result["test"]} == result["test"]
    assert found["macro"]["f1"] == result["test"]["f1_macro"]


def test_balanced_class_weights_are_kept_by_the_run(tmp_path):
    config = small_config("epochs=2", "loss.class_weights=balanced")
    result = train(config, tmp_path / "whole")
    train(config, tmp_path / "parts", At(7, lambda run: run.stop("by the test")))
    resumed(last(tmp_path / "parts").metadata["config"], tmp_path / "parts")
    assert_same_run(tmp_path / "whole", tmp_path / "parts")
    assert load(tmp_path / "parts").config["loss"]["class_weights"] == config["loss"]["class_weights"]
    assert evaluate(load(tmp_path / "parts"))["loss"] == result["test"]["loss"]
