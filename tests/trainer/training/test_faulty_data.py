"""Data that are not finite, and who is blamed."""

import logging
import re

import numpy as np
import pytest

from tests.helpers.training import small_config, train
from trainer.datasets import DataError
from trainer.engine.setup import Setup
from trainer.models import Linear
from trainer.training.fit import TrainingError


class TestFaultyData:
    """What the data are to blame for is said of them, with the example, not of the learning rate."""

    @pytest.mark.parametrize("value", ["nan", "inf"])
    @pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.process)])
    def test_in_training(self, tmp_path, value, workers):
        with pytest.raises(TrainingError) as caught:
            train(faulty(value=value, workers=workers), tmp_path / "run")
        line = rf"epoch 1, step \d: the input of train example 17 holds {value}, not a finite float32; fix the data"
        assert re.fullmatch(line, str(caught.value))

    def test_in_validation(self, tmp_path):
        """Where its place among the validation examples is told."""
        config = faulty(value="nan", validation=0.5)
        validation = Setup(config).splits().validation
        (place,) = np.flatnonzero(np.isnan(validation.inputs).reshape(len(validation), -1).any(axis=1)) or [None]
        with pytest.raises(TrainingError) as caught:
            train(config, tmp_path / "run")
        assert f"the input of validation example {place} holds nan" in str(caught.value)

    def test_in_the_test(self, tmp_path, caplog):
        """The training is not lost."""
        with caplog.at_level(logging.WARNING, "trainer"):
            result = train(faulty(value="nan", test=True), tmp_path / "run")
        assert result["status"] == "completed"
        assert caplog.messages == [
            "warning: the input of test example 17 holds nan, not a finite float32; fix the data"
        ]

    def test_targets_before_training(self, tmp_path):
        config = faulty(value="nan", field="targets", values=True)
        with pytest.raises(DataError, match="quarters: train example 17: its target is not finite; fix it"):
            train(config, tmp_path / "run")
        assert not (tmp_path / "run" / "metrics.csv").exists()

    def test_neither_the_data_nor_the_rate(self, tmp_path, monkeypatch):
        """Nothing has been learned at the first step."""
        forward = Linear.forward
        monkeypatch.setattr(Linear, "forward", lambda self, ctx, x: np.multiply(forward(self, ctx, x), np.inf))
        with pytest.raises(TrainingError) as caught:
            train(small_config(), tmp_path / "run")
        assert str(caught.value) == (
            "epoch 1, step 1: the output of fc1 is not finite (loss nan); nothing is learned yet: look at this layer "
            "or loss, the initial weights and the scale of the inputs"
        )


def faulty(workers=1, validation=0.0, **options):
    """A configuration of data with one value that is wrong."""
    head = {"_target_": "models.Linear", "out_features": 4}
    return small_config(f"parallel.workers={workers}", f"validation={validation}", "batch_size=30", "epochs=1") | {
        "model": {"layers": {"flatten": {"_target_": "models.Flatten"}, "head": head}},
        "data": {"_target_": "tests.helpers.problems.Faulty", **options},
        "allow": ("tests",),
    }
