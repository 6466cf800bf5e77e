"""Hydra finds our sweeper, and it hands over what it was given."""

import pytest
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext
from omegaconf import OmegaConf

import trainer
from trainer.sweep import sweep


@pytest.fixture
def kind():
    assert trainer.ROOT
    (found,) = (kind for kind in Plugins.instance().discover(Sweeper) if kind.__name__ == "TrainerSweeper")
    return found


def test_the_command_line_comes_after_the_configuration(kind, monkeypatch):
    runs = []

    class Fake:
        def __init__(self, config, loader, launcher, search):
            self.launcher, self.search = launcher, search

        def run(self, arguments):
            runs.append((arguments, self.launcher, self.search))

    monkeypatch.setattr(sweep, "Sweep", Fake)
    monkeypatch.setattr(Plugins, "instantiate_launcher", lambda self, context, task, config: (context, task, config))
    sweeper = kind({"optimizer.lr": "0.1,0.01"}, search={"trials": 3})
    config, task = OmegaConf.create({"epochs": 1}), print
    sweeper.setup(hydra_context=HydraContext(config_loader=None, callbacks=None), task_function=task, config=config)
    sweeper.sweep(["epochs=2", "seed=0,1"])
    ((arguments, (_, given_task, given_config), search),) = runs
    assert arguments == ["optimizer.lr=0.1,0.01", "epochs=2", "seed=0,1"]
    assert (given_task, given_config, search) == (task, config, {"trials": 3})


def test_without_options_it_tries_what_the_command_line_gives(kind):
    assert (kind().params, kind().search) == ({}, None)
