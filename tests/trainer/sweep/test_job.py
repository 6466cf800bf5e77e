"""One job of a sweep."""

import json
from math import inf
from signal import SIGINT

import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from trainer.commands import tasks
from trainer.compose.configure import compose
from trainer.datasets.sets import idx_images
from trainer.ground.signals import Interrupted
from trainer.sweep import job as module
from trainer.sweep.jobs import PRUNING


@pytest.fixture
def do(tmp_path, monkeypatch):
    """Does a job with these overrides; gives its objective."""
    reading = []
    monkeypatch.setattr(tasks, "do", lambda *given, do=tasks.do: reading.append(idx_images._reader.get()) or do(*given))

    def call(*overrides, prepare=lambda directory: None):
        (tmp_path / ".hydra").mkdir()
        prepare(tmp_path)
        composed = compose(overrides)
        monkeypatch.setattr(HydraConfig.instance(), "cfg", None)
        HydraConfig.instance().set_config(composed)
        plain = OmegaConf.masked_copy(composed, [key for key in composed if key != "hydra"])
        value = module.do(plain, tmp_path, list(overrides), [])
        assert reading == [module.FILES._read], "what one job has read, the next need not read again"
        return value, json.loads((tmp_path / "result.json").read_text()), (tmp_path / "train.log").read_text()

    return call


FAST = ("model=mlp", "epochs=1", "batch_size=256", "limit.train=512", "parallel.workers=1", "callbacks.curves=null")


def test_its_value_is_its_objective(do, capsys):
    value, result, _ = do(*FAST, "objective=best_val_loss")
    assert result["status"] == "completed"
    assert value == result["best"]["val_loss"]
    assert capsys.readouterr().out == ""  # the terminal is for the sweep


def test_a_task_without_a_result_is_recorded(do):
    value, result, _ = do("task=summary", "model=mlp")
    assert result == {"status": "completed", "error": None}
    assert value == inf


@pytest.mark.parametrize(("objective", "worst"), [("best_val_accuracy", -inf), ("final_val_loss", inf)])
def test_a_failure_is_the_worst_and_says_why(do, objective, worst):
    value, result, _ = do(*FAST, "optimizer.lr=-1", f"objective={objective}")
    assert value == worst
    assert result == {"status": "failed", "error": "optimizer.lr=-1: Adam: -1.0 is not in [0, inf)"}


def test_an_interruption_ends_the_sweep(do, monkeypatch):
    def interrupt(*_):
        raise Interrupted(SIGINT)

    monkeypatch.setitem(tasks.TASKS, "train", interrupt)
    monkeypatch.setattr(module, "is_apart", lambda: False)  # the sweep's own process
    with pytest.raises(Interrupted):
        do(*FAST)


def test_pruning_is_a_callback_of_its_run(do, monkeypatch):
    seen = []
    monkeypatch.setitem(tasks.TASKS, "train", lambda config, directory: seen.append(config["callbacks"]["pruning"]))
    options = {"limits": [0.1], "goal": "best_val_accuracy"}
    do(*FAST, prepare=lambda directory: (directory / PRUNING).write_text(json.dumps(options)))
    assert seen == [{"_target_": "trainer.sweep.pruning.Pruning"} | options]


def test_what_was_interrupted_goes_on(do, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setitem(tasks.TASKS, "train", lambda config, directory: seen.append(config["resume"]))

    def prepare(directory):
        (directory / "checkpoints").mkdir()
        (directory / "checkpoints/last.safetensors").touch()

    do(*FAST, prepare=prepare)
    assert seen == [str(tmp_path)]
