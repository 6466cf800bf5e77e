"""What is known before the first step is said before it."""

import logging
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.runs import composed
from tests.helpers.training import small_config, train
from trainer.compose.preflight import check
from trainer.datasets import batches
from trainer.engine.setup import Setup
from trainer.ground.errors import ConfigError
from trainer.training import plan
from trainer.training.callbacks.make import make_callbacks

QUICK = ("epochs=1", "validation=0.0")


class TestBatches:
    @given(st.integers(1, 60), st.integers(1, 12), st.integers(1, 4))
    def test_the_smallest_is_known(self, count, batch_size, accumulate):
        sizes = []
        for step in batches(count, batch_size * accumulate):
            sizes += map(len, np.array_split(step, -(-len(step) // batch_size)))  # as a shard does
        assert plan.smallest_batch(count, {"batch_size": batch_size, "accumulate": accumulate}) == min(sizes)

    @pytest.mark.parametrize(
        ("count", "options", "workers"),
        [
            (61, ["batch_size=30"], 1),
            (5, ["batch_size=2", "accumulate=2"], 1),
            pytest.param(5, ["batch_size=2", "accumulate=2"], 2, marks=pytest.mark.process),
        ],
    )
    def test_a_single_example_before_a_batch_norm(self, tmp_path, count, options, workers):
        options = [*QUICK, f"limit.train={count}", *options, f"parallel.workers={workers}"]
        with pytest.raises(ConfigError) as caught:
            train(small_config(*options), tmp_path / "run")
        assert caught.value.key == "batch_size"
        line = (
            rf"a batch of each epoch has only one of the {count} training examples, from which norm1 cannot compute a "
            r"deviation; set (drop_last=true) or (batch_size=\d+)"
        )
        remedy = re.fullmatch(line, str(caught.value))
        assert remedy, str(caught.value)
        assert not (tmp_path / "run" / "metrics.csv").exists()
        for number in (1, 2):
            assert train(small_config(*options, remedy[number]), tmp_path / remedy[number])["status"] == "completed"

    def test_a_single_image_has_a_deviation(self, tmp_path):
        norm = {"norm0": {"_target_": "models.BatchNorm"}, "flatten": {"_target_": "models.Flatten"}}
        layers = norm | {"head": {"_target_": "models.Linear", "out_features": 10}}
        config = small_config(*QUICK, "limit.train=61", "batch_size=30", model={"layers": layers})
        assert train(config, tmp_path / "run")["status"] == "completed"


class TestMonitors:
    @pytest.mark.parametrize(
        ("options", "key", "message"),
        [
            ("callbacks.early_stopping.patience=3", "callbacks.early_stopping", "EarlyStopping: .* no val_loss"),
            ("callbacks.target.value=0.9", "callbacks.target", "Target: this run has no val_accuracy"),
            ("schedule=plateau", "schedule", "Plateau: this run has no val_loss"),
        ],
    )
    def test_without_validation(self, options, key, message):
        """Before any data is read, and each remedy works."""
        options = ["model=mlp", options, "validation=0.0"]
        with pytest.raises(ConfigError) as caught:
            check(composed(*options))
        remedies = re.fullmatch(
            rf"{message}; set (validation=0\.1) or monitor another figure \((\w+), (\w+)\)", str(caught.value)
        )
        assert remedies, str(caught.value)
        assert caught.value.key == f"{key}.monitor"
        for works in (remedies[1], f"{key}.monitor={remedies[2]}", f"{key}.monitor={remedies[3]}"):
            check(composed(*options, works))

    def test_of_another_problem(self):
        with pytest.raises(ConfigError) as caught:
            check(composed("callbacks.early_stopping.patience=3", "callbacks.early_stopping.monitor=val_mae"))
        assert str(caught.value) == (
            "EarlyStopping: this run has no val_mae; monitor another figure (train_loss, train_accuracy, val_loss, "
            "val_accuracy)"
        )

    def test_a_share_of_so_few_that_none_is_validated(self, tmp_path):
        config = small_config("callbacks.early_stopping.patience=2", "validation=0.0003")
        with pytest.raises(ConfigError, match=r"this run has no val_loss; set validation=0\.1"):
            train(config, tmp_path / "run")
        assert not (tmp_path / "run" / "metrics.csv").exists()

    def test_what_never_looks_needs_nothing(self):
        check(composed("validation=0.0", "callbacks.target.monitor=val_mae"))


@pytest.mark.parametrize(
    ("options", "remark"),
    [
        (["limit.train=5000"], "limit.train: 5,000 is more than there are examples (1,293); all are taken"),
        (["limit.test=361"], "limit.test: 361 is more than there are examples (360); all are taken"),
        (["validation=0.0003"], "validation: 0.0003 of so few examples is none; nothing is validated"),
        (
            ["limit.train=50", "batch_size=51"],
            "batch_size: 51 is more than there are training examples (50); an epoch is a single step",
        ),
        (
            ["limit.train=50", "batch_size=26", "accumulate=2"],
            "accumulate: 2 batches of 26 are more than there are training examples (50); an epoch is a single step",
        ),
        (
            ["batch_size=3", "parallel.workers=4"],
            "parallel.workers: 4 are more than the 3 examples of a batch; the rest idles",
        ),
        (
            ["schedule=step", "schedule.step_size=4"],
            "schedule.step_size: 4 of 4 epochs; the learning rate will never be reduced",
        ),
        (
            ["schedule=plateau", "schedule.patience=2"],
            "schedule.patience: 2 of 4 epochs; the learning rate will never be reduced",
        ),
        (
            ["schedule=cosine", "schedule.warmup_epochs=4"],
            "schedule.warmup_epochs: 4 of 4 epochs; the learning rate will only rise",
        ),
        (
            ["schedule=cosine", "schedule.warmup_fraction=1"],
            "schedule.warmup_fraction: it is all of the run; the learning rate will only rise",
        ),
        (
            ["callbacks.early_stopping.patience=3"],
            "callbacks.early_stopping.patience: 3 of 4 epochs; the run will never be stopped early",
        ),
    ],
)
def test_what_is_hardly_meant_is_one_line(options, remark, caplog):
    assert remarks(options, caplog) == [f"warning: {remark}"]


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["limit.train=1293", "limit.test=360", "limit.validation=144"],
        ["limit.train=52", "batch_size=26", "accumulate=2"],
        ["batch_size=3", "parallel.workers=3"],
        ["schedule=step", "schedule.step_size=3"],
        ["schedule=plateau", "schedule.patience=1"],
        ["schedule=cosine", "schedule.warmup_epochs=3"],
        ["callbacks.early_stopping.patience=2"],
        ["validation=0.0"],
    ],
)
def test_what_may_be_meant_is_not_remarked(options, caplog):
    assert remarks(options, caplog) == []


def remarks(options, caplog):
    config = small_config("validation=0.1", *options)
    setup = Setup(config)
    with caplog.at_level(logging.WARNING, "trainer"):
        plan.check(config, setup, setup.splits(), make_callbacks(config))
    return caplog.messages


def test_a_plateau_reduces_the_rate_as_soon_as_the_remark_allows():
    """With the longest patience that is not remarked on, the last epoch has a lower rate; with one more, none has."""
    for patience, reduced in ((1, True), (2, False)):
        schedule = Setup(small_config("schedule=plateau", f"schedule.patience={patience}")).schedule
        assert (schedule(15, 5, 4, [{"val_loss": 1.0}] * 3) < 1) is reduced
        assert (schedule.remark(4) is None) is reduced


def test_early_stopping_stops_as_soon_as_the_remark_allows(tmp_path):
    for patience, stopped in ((2, True), (3, False)):
        config = small_config(f"callbacks.early_stopping.patience={patience}", "callbacks.early_stopping.min_delta=100")
        assert (train(config, tmp_path / str(patience))["epochs"] < 4) is stopped


def test_remarks_are_in_the_log_of_a_run(trainer_here, capsys, tmp_path):
    model = ("model=mlp", "epochs=1", "limit.train=20", "callbacks.curves=null", "parallel.workers=1")
    assert trainer_here(*model, "limit.test=400", "batch_size=20", "hydra.run.dir=run") == 0
    line = "warning: limit.test: 400 is more than there are examples (360); all are taken"
    assert line in (tmp_path / "run" / "train.log").read_text().splitlines()


@pytest.mark.parametrize("limit", [None, 20])
def test_classes_that_the_training_part_lacks_are_named(limit, tmp_path, caplog):
    """An empty one, and one that is in the test alone; of a part of the examples nothing is said."""
    arrays = {"x_train": np.eye(40), "y_train": np.arange(40) % 3, "x_test": np.eye(40)[:5]}
    np.savez(tmp_path / "mine.npz", **arrays, y_test=np.array([0, 1, 2, 4, 0]))
    file = f"data.file={tmp_path / 'mine.npz'}"
    config = composed("model=mlp", "data=arrays", file, "validation=0.0") | {"limit": {"train": limit}}
    setup = Setup(config)
    with caplog.at_level(logging.WARNING, "trainer"):
        plan.check(config, setup, setup.splits(), [])
    found = [message for message in caplog.messages if "has no example" in message]
    assert found == ([] if limit else ["warning: train: has no example of 3, 4; it cannot be learned"])
