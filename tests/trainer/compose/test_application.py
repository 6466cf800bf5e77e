"""What Hydra does for the command line."""

import os
import sys

import pytest

from trainer.commands import app
from trainer.compose import application
from trainer.compose.configure import without_hydra
from trainer.ground.errors import ConfigError


@pytest.fixture
def calls(monkeypatch):
    """What the work is given, instead of doing it."""
    found = []
    monkeypatch.setattr(app, "run", lambda composed: found.append((composed, application.current())))
    return found


def test_the_work_gets_the_configuration_and_the_rest(trainer_here, calls, tmp_path):
    (tmp_path / "mine").mkdir()
    assert trainer_here("model=mlp", "--config-dir", "mine", "hydra.run.dir=out", "epochs=3") == 0
    ((composed, call),) = calls
    assert (composed.epochs, "hydra" in composed) == (3, False)
    assert call == (tmp_path / "out", ["model=mlp", "epochs=3"], [tmp_path / "mine"], False)
    assert call.directory.is_dir()


@pytest.mark.parametrize("before", [None, "0"])
def test_hydra_hands_exceptions_over_and_the_environment_stays(trainer_here, tmp_path, monkeypatch, before):
    seen = []

    def work(composed):
        seen.append(os.environ["HYDRA_FULL_ERROR"])
        raise ZeroDivisionError

    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    if before is not None:
        monkeypatch.setenv("HYDRA_FULL_ERROR", before)
    monkeypatch.setattr(sys, "argv", ["trainer", "model=mlp", "hydra.run.dir=out"])
    with pytest.raises(ZeroDivisionError):
        application.start(work, "config", [])
    assert seen == ["1"]
    assert os.environ.get("HYDRA_FULL_ERROR") == before


def test_a_choice_that_is_no_name(trainer_here, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["trainer", "model=3.5"])
    with pytest.raises(ConfigError, match=r"^model=3\.5: a choice is written GROUP=NAME; ~GROUP leaves one out$"):
        application.start(without_hydra, "config", [])
