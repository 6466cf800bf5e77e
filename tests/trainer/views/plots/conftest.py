"""Runs that the tests of all pictures share."""

import pytest

from tests.helpers.runs import TINY, composed
from tests.helpers.training import small_config
from trainer.training.fit import train
from trainer.views.subject import Subject

LAYERS = {"head": {"_target_": "models.Linear", "out_features": 4}}


def trained(folder, config):
    train(config | {"callbacks": config["callbacks"] | {"curves": None, "report": None}}, folder)
    return Subject(folder, ["tests"])


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """A perceptron on pictures."""
    config = composed(*TINY, "epochs=2", "limit.train=400", "limit.test=120", "parallel.workers=1")
    return trained(tmp_path_factory.mktemp("digits"), config)


@pytest.fixture(scope="session")
def convolutional(tmp_path_factory):
    """A small convolutional network on pictures, of which it has seen few."""
    layers = {
        "conv": {"_target_": "models.Conv2d", "out_channels": 4, "kernel_size": 3},
        "act": {"_target_": "models.ReLU"},
        "flatten": {"_target_": "models.Flatten"},
        "head": {"_target_": "models.Linear", "out_features": 10},
    }
    config = small_config("data=digits", "epochs=1", "limit.train=100", "limit.test=40") | {"model": {"layers": layers}}
    return trained(tmp_path_factory.mktemp("convolutional"), config)


@pytest.fixture(scope="session")
def spirals(tmp_path_factory):
    """Points of a plane, with the weights of every epoch."""
    config = composed("model=mlp", "data=spirals", "epochs=3", "limit.train=200", "limit.test=80", "parallel.workers=1",
                      "model.layers.fc1.out_features=8", "model.layers.fc2.out_features=8",
                      "+callbacks.snapshots={_target_: trainer.callbacks.Snapshots}")  # fmt: skip
    return trained(tmp_path_factory.mktemp("spirals"), config)


@pytest.fixture(scope="session")
def sine(tmp_path_factory):
    """Values of numbers."""
    config = composed("model=mlp", "data=sine", "epochs=1", "limit.train=200", "limit.test=80", "parallel.workers=1")
    return trained(tmp_path_factory.mktemp("sine"), config)


@pytest.fixture(scope="session")
def quarters(tmp_path_factory):
    """Several labels at once."""
    data = {"_target_": "tests.helpers.problems.Quarters"}
    layers = {"flatten": {"_target_": "models.Flatten"}, **LAYERS}
    config = small_config("epochs=2") | {"data": data, "model": {"layers": layers}, "allow": ("tests",)}
    return trained(tmp_path_factory.mktemp("quarters"), config)
