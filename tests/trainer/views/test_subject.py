"""A run as its pictures need it."""

import json

import numpy as np
import pytest

from tests.helpers.runs import TINY, make_run
from trainer.views.subject import Subject, UnsuitableError


def test_parts_are_read_from_the_directory_or_beside_a_checkpoint(tmp_path):
    run = make_run(tmp_path, *TINY, "limit.test=40")
    (run / "metrics.csv").write_text("epoch,train_loss\n1,0.5\n")
    (run / "result.json").write_text(json.dumps({"status": "completed", "epochs": 1}))
    for place in (run, run / "checkpoints" / "best.safetensors"):
        subject = Subject(place)
        assert subject.directory == run
        assert subject.history == [{"epoch": 1, "train_loss": 0.5}]
        assert (subject.title, subject.reached) == ("a network on Digits, seed 0", "epoch 1")
    assert len(subject.measured.outputs) == 40
    np.testing.assert_array_equal(subject.examples("input", 5), subject.examples("input")[:5])


def test_without_a_test_split_the_validation_is_shown(tmp_path):
    subject = Subject(make_run(tmp_path, *TINY))
    assert subject.measured.split == "test"
    assert subject.classes[0] == "0"


def test_a_run_that_goes_on_and_a_regression(tmp_path):
    subject = Subject(make_run(tmp_path, "data=sine", "model=mlp"))
    assert (subject.history, subject.result, subject.reached) == ([], {}, "")
    with pytest.raises(UnsuitableError, match="no classes"):
        _ = subject.classes
