"""Exceptions of the user's own classes, told in one line with everything that helps to find them."""

import json
import re
import sys

import pytest

from trainer import configure
from trainer.ground.errors import ConfigError
from trainer.ground.own_code import in_own_code
from trainer.training import fit

PACKAGE = """\
import sys

import numpy as np
from trainer.datasets import Dataset, Examples
from trainer.models import Layer
from trainer.models.losses import CrossEntropy
from trainer.training.callbacks import Callback
from trainer.training.optimizers import SGD


def helper(x):
    return x @ np.ones((3, 3))


class Mine(Layer):
    def __init__(self, where: str = ""):
        self.where = where
        if where == "init":
            {}["a"]
        if where == "exit":
            sys.exit(0)

    def output_shape(self, shape):
        if self.where == "shape":
            return shape[7]
        return shape

    def forward(self, ctx, x):
        if self.where == "forward":
            return helper(x)
        return x

    def backward(self, ctx, dy):
        if self.where == "backward":
            return dy.nothing
        return dy


class Data(Dataset):
    name = "mine"

    def __init__(self):
        super().__init__((4,), 10)

    def read(self):
        return open("no such file\\0")


class Loss(CrossEntropy):
    def forward(self, ctx, outputs, targets):
        raise RuntimeError("told twice\\nover")


class Rule(SGD):
    def update(self, *arguments, **options):
        raise RuntimeError("rule")


class Watcher(Callback):
    def on_epoch_end(self, run, row):
        row["nothing"]
"""
HEAD = {"model.layers.head.out_features": 10}


def own(name, **options):
    return {"_target_": f"own_faults.{name}", **options}


def layer(where):
    return {"model.layers.mine": own("Mine", where=where)}


@pytest.fixture(autouse=True)
def package(tmp_path, monkeypatch):
    (tmp_path / "own_faults.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "own_faults", raising=False)


def line_of(text):
    return PACKAGE.splitlines().index(next(line for line in PACKAGE.splitlines() if text in line)) + 1


@pytest.mark.parametrize(
    ("values", "text", "expected"),
    [
        (
            layer("forward"),
            "x @ np.ones",
            r"Mine\.forward of model\.layers\.mine: ValueError: matmul: .* \(x: 10x64\)",
        ),
        (
            layer("backward"),
            "dy.nothing",
            r"Mine\.backward of model\.layers\.mine: AttributeError: .*nothing.* \(dy: 10x64\)",
        ),
        ({"data": own("Data"), **HEAD}, "open(", r"Data\.read: ValueError: embedded null byte"),
        ({"loss": own("Loss")}, "told twice", r"Loss\.forward: RuntimeError: told twice.* \(outputs: 10x\d+, .*\)"),
        ({"optimizer": own("Rule")}, '("rule")', r"Rule\.update: RuntimeError: rule.*"),
        (
            {"callbacks": {"mine": own("Watcher")}},
            '["nothing"]',
            r"Watcher\.on_epoch_end of callbacks\.mine: KeyError: 'nothing'",
        ),
    ],
)
def test_while_training(values, text, expected, tmp_path):
    config = configure("model=mlp", "epochs=1", "limit.train=64", "parallel.workers=1", "allow=[own_faults]", **values)
    with pytest.raises(Exception) as caught:
        fit.train(config.to_dict(), tmp_path)
    told = in_own_code(caught.value, ["own_faults"])
    if (tmp_path / "result.json").exists():  # it has begun to train
        error = json.loads((tmp_path / "result.json").read_text())["error"]
        assert error == " ".join(str(told).split())
    assert re.fullmatch(rf"own_faults\.py:{line_of(text)}: {expected}", str(told), re.DOTALL)


@pytest.mark.parametrize(
    ("where", "text", "expected"),
    [
        ("init", '{}["a"]', "Mine.__init__ of model.layers.mine: KeyError: 'a'"),
        (
            "shape",
            "shape[7]",
            "Mine.output_shape of model.layers.mine: IndexError: tuple index out of range (shape: 10)",
        ),
    ],
)
def test_while_the_network_is_built(where, text, expected):
    with pytest.raises(ConfigError) as caught:
        configure("model=mlp", "allow=[own_faults]", **layer(where))
    assert str(caught.value) == f"own_faults.py:{line_of(text)}: {expected}"


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_who_calls_exit_is_told_before_anything_is_made(command, trainer_here, tmp_path, capsys):
    layer = "+model.layers.mine={_target_: own_faults.Mine, where: exit}"
    seeds = "seed=0,1" if command == "sweep" else "seed=0"
    assert trainer_here(command, "model=mlp", "allow=[own_faults]", layer, seeds) == 2
    line = f"own_faults.py:{line_of('sys.exit')}: your own code called sys.exit; let it return, or raise an "
    assert capsys.readouterr().err == f"error: {line}exception (0)\n"
    assert not (tmp_path / "outputs").exists()


def test_other_exceptions_are_not_the_users():
    assert in_own_code(ValueError("x"), ["own_faults"]) is None
    with pytest.raises(KeyError) as caught:
        {}["a"]
    assert in_own_code(caught.value, []) is None
    assert in_own_code(caught.value, ["own_faults"]) is None
