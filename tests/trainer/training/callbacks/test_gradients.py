"""gradients.csv: figures, chosen steps, resumed runs."""

import csv

import numpy as np
import pytest

from tests.helpers.training import At, CrashError, assert_same_run, resumed, small_config, train
from trainer.training.callbacks import Callback, Gradients, Watch


class Norms(Callback):
    """The norm of a layer's gradient at every step, computed another way."""

    def __init__(self, layer: str) -> None:
        self.layer, self.found = layer, []

    def watch(self, run):
        return Watch(parameters=(f"{self.layer}.*",))

    def on_watched(self, run, watched):
        self.found.append(np.linalg.norm(np.concatenate([g.ravel() for g in watched.parameters.values()])))


def crash(run):
    raise CrashError


def rows(directory) -> list[dict[str, str]]:
    with (directory / "gradients.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("steps", "chosen"), [(1, [4]), (2, [2, 4]), (3, [1, 3, 4]), (5, [0, 1, 2, 3, 4]), (99, [0, 1, 2, 3, 4])]
)
def test_each_figure_is_the_mean_over_chosen_steps(tmp_path, steps, chosen):
    """With 5 steps an epoch."""
    norms = Norms("fc1")
    train(small_config(f"callbacks.gradients.steps={steps}", "epochs=2", "fuse=false"), tmp_path / "run", norms)
    found = rows(tmp_path / "run")
    assert [list(row) for row in found] == [["epoch", "fc1", "norm1", "head"]] * 2
    for epoch, row in enumerate(found):
        assert row["epoch"] == str(epoch + 1)
        expected = np.mean([norms.found[5 * epoch + step] for step in chosen])
        assert float(row["fc1"]) == pytest.approx(expected, rel=1e-5)


def test_nothing_is_written_unless_asked_for(tmp_path):
    train(small_config("epochs=1"), tmp_path / "run")
    assert not (tmp_path / "run" / "gradients.csv").exists()


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.process)])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, workers):
    """Killed within epoch 3, the last checkpoint in the middle of epoch 2."""
    options = ("callbacks.gradients.steps=4", "callbacks.checkpoints.every_steps=7", f"parallel.workers={workers}")
    config = small_config(*options)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(config, whole)
    with pytest.raises(CrashError):
        train(config, parts, At(9, crash))
    (parts / "gradients.csv").write_text((whole / "gradients.csv").read_text()[:-20])
    resumed(config, parts)
    assert_same_run(whole, parts)
    assert (parts / "gradients.csv").read_bytes() == (whole / "gradients.csv").read_bytes()


def test_another_run_in_the_same_directory_begins_anew(tmp_path):
    for epochs in (3, 1):
        train(small_config("callbacks.gradients.steps=1", f"epochs={epochs}"), tmp_path / "run")
    assert [row["epoch"] for row in rows(tmp_path / "run")] == ["1"]


def test_options_out_of_range_are_named():
    with pytest.raises(ValueError, match="steps: 0 is not in"):
        Gradients(steps=0)
