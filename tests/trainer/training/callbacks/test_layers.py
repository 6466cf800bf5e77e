"""layers.csv: each figure computed another way, chosen steps, resumed runs."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.training import LAYERS, At, CrashError, assert_same_run, crash, last, resumed, small_config, train
from trainer.models import ReLU, Sigmoid, Tanh
from trainer.models.node import Node
from trainer.runs import checkpoint
from trainer.runs.trust import checked_config
from trainer.training.callbacks import Callback, Layers, Watch
from trainer.training.callbacks.layers import answers_of

ROWS = [("fc1", "Linear"), ("norm1", "BatchNorm"), ("act1", "ReLU"), ("head", "Linear")]


class Follow(Callback):
    """Keeps a layer's gradient and its parameters, at every step."""

    def __init__(self, layer: str) -> None:
        self.layer, self.gradients, self.changes, self.weights = layer, [], [], []

    def watch(self, run):
        self.before = self._flat(run.probe.parameters[name] for name in self._names(run))
        return Watch(parameters=(f"{self.layer}.*",))

    def on_watched(self, run, watched):
        self.gradients.append(np.linalg.norm(self._flat(watched.parameters.values())))
        after = self._flat(run.probe.parameters[name] for name in self._names(run))
        self.changes.append(np.linalg.norm(after - self.before))
        self.weights.append(np.linalg.norm(self.before))

    def _names(self, run):
        return [name for name in run.probe.graph.parameters if name.startswith(f"{self.layer}.")]

    @staticmethod
    def _flat(arrays):
        return np.concatenate([array.ravel() for array in arrays])


def rows(directory: Path) -> list[dict[str, str]]:
    with (directory / "layers.csv").open() as file:
        return list(csv.DictReader(file))


def figures(directory: Path, layer: str) -> list[dict[str, float]]:
    """The figures of a layer, a dict an epoch, without empty ones."""
    found = [row for row in rows(directory) if row["layer"] == layer]
    return [{name: float(text) for name, text in list(row.items())[3:] if text} for row in found]


@pytest.mark.parametrize(
    ("steps", "chosen"), [(1, [4]), (2, [2, 4]), (3, [1, 3, 4]), (5, [0, 1, 2, 3, 4]), (99, [0, 1, 2, 3, 4])]
)
def test_gradients_and_updates_are_means_over_chosen_steps(tmp_path, steps, chosen):
    """With 5 steps an epoch."""
    follow = Follow("fc1")
    train(small_config(f"callbacks.layers.steps={steps}", "epochs=2"), tmp_path / "run", follow)
    learning = [row for row in ROWS if row[0] != "act1"]
    assert [(row["layer"], row["kind"]) for row in rows(tmp_path / "run")] == [*learning, *ROWS, *ROWS]
    assert [row["epoch"] for row in rows(tmp_path / "run")] == ["0"] * 3 + ["1"] * 4 + ["2"] * 4
    first, *epochs = figures(tmp_path / "run", "fc1")
    looked_at = [(first, [0]), *((found, [5 * n + step for step in chosen]) for n, found in enumerate(epochs))]
    for found, places in looked_at:
        gradient, change, weight = (
            np.mean([values[place] for place in places])
            for values in (follow.gradients, follow.changes, follow.weights)
        )
        assert found["gradient_norm"] == pytest.approx(gradient, rel=1e-5)
        assert found["gradient_rms"] == pytest.approx(gradient / np.sqrt(64 * 16 + 16), rel=1e-5)
        assert found["update_ratio"] == pytest.approx(change / weight, rel=1e-5)
    assert first["weight_norm"] == pytest.approx(follow.weights[0], rel=1e-5)
    assert "output_mean" not in first  # BatchNorm has no running statistics yet


class Answers(Callback):
    """Keeps what the run's probe shows before the first epoch and after each."""

    def __init__(self) -> None:
        self.seen = []

    def on_fit_start(self, run):
        self.on_epoch_end(run, {})

    def on_epoch_end(self, run, row):
        self.seen.append({name: output.astype(np.float64) for name, output in run.probe().items()})


def test_outputs_are_summed_up(tmp_path):
    answers = Answers()
    layers = {
        "flatten": LAYERS["flatten"],
        "wide": {"_target_": "models.Linear", "out_features": 300},
        "relu": {"_target_": "models.ReLU"},
        "fc1": LAYERS["fc1"],
        "tanh": {"_target_": "models.Tanh"},
        "sigmoid": {"_target_": "models.Sigmoid"},
        "head": LAYERS["head"],
    }
    config = small_config("epochs=2", "optimizer.lr=0.1", "limit.train=600", model={"layers": layers})
    train(config, tmp_path / "run", answers)
    for epoch, seen in enumerate(answers.seen):
        for layer in ("wide", "relu", "fc1", "tanh", "sigmoid", "head"):
            found = figures(tmp_path / "run", layer)[epoch]
            assert found["output_mean"] == pytest.approx(seen[layer].mean(), rel=1e-3, abs=1e-6)
            assert found["output_deviation"] == pytest.approx(seen[layer].std(), rel=1e-3)
        dead = np.mean([not unit.any() for unit in seen["relu"]])
        assert figures(tmp_path / "run", "relu")[epoch]["dead"] == pytest.approx(dead)
        assert epoch == 0 or 0 < dead < 1
        near = np.mean(np.abs(seen["tanh"]) > 0.97)
        assert figures(tmp_path / "run", "tanh")[epoch]["saturated"] == pytest.approx(near)
        assert epoch == 0 or near > 0
        assert figures(tmp_path / "run", "sigmoid")[epoch]["saturated"] == 0
    assert {"dead", "saturated"}.isdisjoint(figures(tmp_path / "run", "fc1")[0])
    assert figures(tmp_path / "run", "relu")[0].keys() == {"dead", "output_mean", "output_deviation"}
    saved = last(tmp_path / "run").parameters
    flat = np.concatenate([saved["fc1.weight"].ravel(), saved["fc1.bias"]])
    assert figures(tmp_path / "run", "fc1")[2]["weight_norm"] == pytest.approx(np.linalg.norm(flat), rel=1e-5)


def test_units_that_are_neither_dead_nor_saturated_are_not_counted():
    y = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.5], [0.0, 0.98, 1.0]])  # a row for each unit
    node = Node("relu", ReLU(), ("x",), ((3,),), (3,))
    assert answers_of(node, y)["dead"] == pytest.approx(1 / 3)
    assert answers_of(replace(node, layer=Tanh()), y)["saturated"] == pytest.approx(2 / 9)
    assert answers_of(replace(node, layer=Sigmoid()), y)["saturated"] == pytest.approx(8 / 9)


def test_a_channel_is_dead_only_if_it_is_so_everywhere():
    y = np.zeros((4, 2, 2, 5))  # (C, H, W, N)
    y[1, 1, 0, 3] = 1
    node = Node("relu", ReLU(), ("x",), ((4, 2, 2),), (4, 2, 2))
    assert answers_of(node, y)["dead"] == 0.75


def test_a_layer_may_have_any_name_and_a_damaged_file_any_rows(tmp_path):
    name = 'first, "=1+1"\nsecond'
    layers = {"flatten": LAYERS["flatten"], name: LAYERS["fc1"], "head": LAYERS["head"]}
    config = small_config("epochs=2", "callbacks.layers.steps=1", model={"layers": layers})
    train(config, tmp_path / "run")
    written = rows(tmp_path / "run")
    assert [(row["epoch"], row["layer"]) for row in written] == [(e, each) for e in "012" for each in (name, "head")]
    with (tmp_path / "run/layers.csv").open("a") as file:
        file.write("what,is,this\n" + ",".join(["x"] * 10) + "\n3,head,Linear,0.5")
    resumed(config | {"epochs": 3}, tmp_path / "run")
    assert [row["epoch"] for row in rows(tmp_path / "run")] == [*"00112233"]
    assert rows(tmp_path / "run")[:6] == written


def test_the_file_changes_nothing_of_the_run(tmp_path):
    for name, options in {"with": (), "without": ("callbacks.layers=null",)}.items():
        train(small_config(*options, "epochs=2"), tmp_path / name)
    assert not (tmp_path / "without" / "layers.csv").exists()
    assert_same_run(tmp_path / "with", tmp_path / "without")


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.process)])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, workers):
    """Killed within epoch 3, the last checkpoint in the middle of epoch 2."""
    config = small_config("callbacks.checkpoints.every_steps=7", f"parallel.workers={workers}")
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(config, whole)
    with pytest.raises(CrashError):
        train(config, parts, At(9, crash))
    (parts / "layers.csv").write_text((whole / "layers.csv").read_text()[:-20])
    resumed(config, parts)
    assert_same_run(whole, parts)
    assert (parts / "layers.csv").read_bytes() == (whole / "layers.csv").read_bytes()


def test_another_run_in_the_same_directory_begins_anew(tmp_path):
    for epochs in (3, 1):
        train(small_config(f"epochs={epochs}"), tmp_path / "run")
    assert {row["epoch"] for row in rows(tmp_path / "run")} == {"0", "1"}


def test_layers_that_are_frozen_learn_nothing(tmp_path):
    train(small_config("epochs=1", "freeze=[fc1*]"), tmp_path / "run")
    assert [row["layer"] for row in rows(tmp_path / "run")] == ["norm1", "head", "norm1", "act1", "head"]


@pytest.mark.parametrize(("steps", "written"), [(2, True), (None, False)])
def test_a_run_that_began_with_gradients_csv_goes_on_with_layers_csv(tmp_path, steps, written):
    """If it was written at all."""
    train(small_config("epochs=1"), tmp_path / "run")
    saved = last(tmp_path / "run")
    callbacks = saved.metadata["config"]["callbacks"]
    del callbacks["layers"]
    callbacks["gradients"] = {"_target_": "trainer.callbacks.Gradients", "steps": steps}
    (tmp_path / "run" / "layers.csv").unlink()
    saved.metadata["callbacks"] = {"gradients": {"count": 0, "sums": {}}}
    checkpoint.write(saved, tmp_path / "run" / "checkpoints" / "last.safetensors")
    resumed(checked_config(saved.metadata["config"], (), "run") | {"epochs": 2}, tmp_path / "run")
    assert (tmp_path / "run" / "layers.csv").exists() is written


def test_options_out_of_range_are_named():
    with pytest.raises(ValueError, match="steps: 0 is not in"):
        Layers(steps=0)
