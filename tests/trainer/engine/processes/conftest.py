"""Configurations and workers to test with."""

from contextlib import ExitStack

import pytest
from omegaconf import OmegaConf

from trainer.compose.schema import validate
from trainer.engine.processes.workers import Workers
from trainer.engine.setup import Setup

CONFIG = {
    "model": {
        "layers": {
            "conv": {"_target_": "models.Conv2d", "out_channels": 4, "kernel_size": 3, "bias": False},
            "norm": {"_target_": "models.BatchNorm"},
            "act": {"_target_": "models.ReLU"},
            "flatten": {"_target_": "models.Flatten"},
            "drop": {"_target_": "models.Dropout", "p": 0.3},
            "head": {"_target_": "models.Linear", "out_features": 10},
        }
    },
    "data": {"_target_": "datasets.Digits", "num_classes": 10},
    "optimizer": {"_target_": "trainer.optimizers.Adam"},
    "schedule": {"_target_": "trainer.schedules.Constant"},
    "loss": {"_target_": "models.losses.CrossEntropy"},
    "task": "train",
    "epochs": 1,
    "batch_size": 32,
    "seed": 0,
    "validation": 0.0,
    "precision": "float64",
    "fuse": False,
}


@pytest.fixture
def config():
    """A checked configuration of a small network with BatchNorm and Dropout."""
    return validate(OmegaConf.create(CONFIG))


@pytest.fixture
def start(config):
    """Starts a number of workers, ready to train, and ends them after the test."""
    with ExitStack() as stack:

        def begin(size):
            setup = Setup(config)
            workers = stack.enter_context(Workers(config, size))
            workers.start(setup, setup.splits())
            return workers

        yield begin
