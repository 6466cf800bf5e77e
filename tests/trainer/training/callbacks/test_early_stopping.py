"""Ends before the last epoch: patience, a target, a time limit."""

import pytest

from tests.helpers.training import At, assert_same_run, last, resumed, small_config, train
from trainer.compose.schema import ConfigError
from trainer.training.callbacks import EarlyStopping, Target, TimeLimit


def history(*values, metric="val_loss"):
    return [{"epoch": number, metric: value} for number, value in enumerate(values, 1)]


def stops(callback, rows):
    """After how many epochs the callback stops; None if it does not."""

    class Watched:
        history, stopping = [], None

        def stop(self, reason):
            self.stopping = reason

    watched = Watched()
    callback.on_fit_start(watched)
    for row in rows:
        watched.history = [*watched.history, row]
        callback.on_epoch_end(watched, row)
        if watched.stopping:
            return len(watched.history)
    return None


@pytest.mark.parametrize(
    ("options", "values", "epoch"),
    [
        ({"patience": 2}, (3, 2, 1, 1, 2), 5),  # equal is not better
        ({"patience": 2}, (3, 4, 2, 3, 1, 2, 3), 7),
        ({"patience": 1}, (3, 2, 1), None),
        ({"patience": 1}, (1, 2), 2),
        ({"patience": 2, "min_delta": 0.5}, (3, 2.75, 2.51, 1), 3),
        ({"patience": 2, "min_delta": 0.5}, (3, 2.75, 2.4, 2.3, 1.8), None),  # against the best that counted
        ({"patience": 2, "mode": "max"}, (1, 2, 1, 2), 4),
        ({"patience": None}, (1, 2, 3, 4), None),
    ],
)
def test_patience(options, values, epoch):
    assert stops(EarlyStopping(**options), history(*values)) == epoch


@pytest.mark.parametrize(
    ("options", "values", "epoch"),
    [
        ({"value": 0.9}, (0.8, 0.9, 1.0), 2),
        ({"value": 0.9}, (0.8, 0.89), None),
        ({"value": 0.5, "monitor": "val_loss", "mode": "min"}, (0.8, 0.6, 0.5), 3),
        ({"value": None}, (0.8, 0.9, 1.0), None),
    ],
)
def test_target(options, values, epoch):
    metric = options.get("monitor", "val_accuracy")
    assert stops(Target(**options), history(*values, metric=metric)) == epoch


def test_a_metric_that_the_run_does_not_have():
    with pytest.raises(ConfigError, match="EarlyStopping: this run has no val_loss; monitor another metric"):
        stops(EarlyStopping(patience=1), [{"epoch": 1, "train_loss": 1.0, "val_loss": None}])


@pytest.mark.parametrize(
    ("make", "option"),
    [
        (lambda: EarlyStopping(patience=0), "patience"),
        (lambda: EarlyStopping(min_delta=-1.0), "min_delta"),
        (lambda: TimeLimit(minutes=0), "minutes"),
    ],
)
def test_unfit_options(make, option):
    with pytest.raises(ValueError, match=f"^{option}: "):
        make()


def test_a_run_ends_with_its_best_weights(tmp_path):
    options = ("callbacks.early_stopping.patience=1", "callbacks.early_stopping.min_delta=9.0")
    config = small_config(*options, "epochs=50")
    result = train(config, tmp_path / "run")
    assert (result["status"], result["epochs"]) == ("completed", 2)
    assert result["reason"] == "no better val_loss for 1 epoch"
    assert result["test"] is not None


def test_counters_survive_a_resume(tmp_path):
    """The epochs waited before the checkpoint count after it."""
    options = ("callbacks.early_stopping.patience=3", "callbacks.early_stopping.min_delta=9.0")
    config = small_config(*options)
    train(config, tmp_path / "parts", At(12, lambda run: run.stop("stopped by the test")))
    assert resumed(config, tmp_path / "parts")["epochs"] == 4
    again = resumed(config, tmp_path / "parts")
    assert (again["epochs"], again["status"]) == (4, "completed")


def test_time_limit(tmp_path, monkeypatch):
    now = iter(range(0, 10**9, 10))
    monkeypatch.setattr("trainer.training.callbacks.early_stopping.monotonic", lambda: next(now))
    config = small_config("callbacks.time_limit.minutes=1")
    result = train(config, tmp_path / "run")
    assert (result["epochs"], result["status"]) == (1, "completed")
    assert result["reason"] == "the time limit of 1 minutes is up"
    assert last(tmp_path / "run").metadata["step"] == 6
    train(small_config(), tmp_path / "whole")
    resumed(small_config(), tmp_path / "run")
    assert_same_run(tmp_path / "whole", tmp_path / "run")
