"""A network built in code, met again in its run directory by every command."""

import sys

import numpy as np
import pytest

from trainer import configure, load, models, train
from trainer.commands.main import main
from trainer.training.optimizers import SGD

LAYER = """\
from trainer.models import Layer


class Same(Layer):
    def __init__(self, name: str = "x"):
        self.name = name

    def output_shape(self, shape):
        return shape

    def forward(self, ctx, x):
        return x

    def backward(self, ctx, dy):
        return dy
"""


@pytest.fixture
def same(tmp_path, monkeypatch):
    """A class in a module of the user's own."""
    (tmp_path / "mylayers.py").write_text(LAYER)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "mylayers", raising=False)
    from mylayers import Same

    return Same


@pytest.fixture
def trained(same, trainer_here):
    """The run of a network of such a layer and ours, two epochs of an optimizer given as an object."""
    block = models.Sequential({"fc": models.Linear(8), "act": models.Tanh(), "mine": same("y")})
    layers = {"block": models.Residual({"body": block, "fc": models.Linear(64)}), "head": models.Linear(10)}
    model = {"layers": {"first": models.Linear(64), **layers}}
    config = configure(model=model, data="digits", epochs=2, optimizer=SGD(lr=0.1, momentum=0.9), **SMALL)
    return train(config, "run", quiet=True)


SMALL = {"limit": {"train": 128, "test": 32}, "callbacks.curves": None, "callbacks.report": None, "parallel.workers": 1}


def test_it_is_loaded(trained, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8), dtype=np.uint8)
    expected = trained.network.predict(images)
    np.testing.assert_array_equal(load("run", allow=["mylayers"]).predict(images), expected)


@pytest.mark.slow
def test_every_command_takes_it(trained, tmp_path, capsys):
    np.save("images.npy", np.zeros((2, 8, 8), np.uint8))
    for arguments in (["evaluate", "run"], ["predict", "run", "images.npy"], ["export", "run", "--to", "weights.npz"]):
        assert main(arguments) == 2
        assert capsys.readouterr().err.endswith("; trust another package with --allow mylayers\n")
        assert main([*arguments, "--allow", "mylayers"]) == 0, capsys.readouterr().err


@pytest.mark.slow
def test_it_is_resumed(trained, trainer_here, capsys):
    assert trainer_here("resume=run", "epochs=3") == 2
    assert capsys.readouterr().err.endswith("; trust another package with allow=[mylayers] on the command line\n")
    assert trainer_here("resume=run", "epochs=3", "allow=[mylayers]") == 0
    assert len((trained.directory / "metrics.csv").read_text().splitlines()) == 4


def test_a_class_of_a_notebook_says_what_to_do(trained, same, monkeypatch, capsys):
    monkeypatch.setattr(same, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "Same", same, raising=False)
    config = configure(model={"layers": {"a": same(), "head": models.Linear(10)}}, data="digits", epochs=1, **SMALL)
    train(config, "notebook", quiet=True)
    load("notebook", allow=["__main__"])
    monkeypatch.delattr(sys.modules["__main__"], "Same")
    assert main(["evaluate", "notebook", "--allow", "__main__"]) == 2
    told = "__main__.Same: the class was defined in a notebook or script; load the run there, or put the class into a "
    assert told in capsys.readouterr().err
