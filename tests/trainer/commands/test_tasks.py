"""What can be done with a configuration, and how it is told when that fails."""

import json
import logging
from typing import get_args, get_type_hints

import pytest

from trainer.commands import tasks
from trainer.commands.tasks import TASKS, give_up
from trainer.commands.verbs import VERBS
from trainer.compose.schema import Config
from trainer.ground.errors import ConfigError, DataError
from trainer.ground.signals import Interrupted


def test_they_are_those_of_the_schema_and_of_the_verbs():
    assert {*TASKS} == {*get_args(get_type_hints(Config)["task"])}
    assert {verb.task for verb in VERBS.values() if verb.task} == TASKS.keys()


class Terminated(KeyboardInterrupt):
    signal = 15


@pytest.mark.parametrize(
    ("error", "code", "status", "line"),
    [
        (ConfigError("it is too small", "optimizer.lr"), 2, "failed", "optimizer.lr=-1: it is too small"),
        (DataError("train.gz: truncated"), 1, "failed", "train.gz: truncated"),
        (KeyboardInterrupt(), 130, "stopped", "interrupted"),
        (Terminated("terminated in epoch 2"), 143, "stopped", "terminated in epoch 2"),
    ],
)
def test_a_failure_is_one_line_a_result_and_a_code(error, code, status, line, tmp_path, caplog):
    with caplog.at_level(logging.INFO, "trainer"):
        assert give_up(error, tmp_path, ["optimizer.lr=-1", "epochs=2"], [], traceback=False) == code
    assert caplog.messages == [f"error: {line}"]
    assert json.loads((tmp_path / "result.json").read_text()) == {"status": status, "error": line}


def test_a_result_that_is_there_says_more(tmp_path):
    (tmp_path / "result.json").write_text('{"status": "failed", "epochs": 3}')
    give_up(ConfigError("late"), tmp_path, [], [], traceback=False)
    assert json.loads((tmp_path / "result.json").read_text())["epochs"] == 3


def test_a_disk_that_is_full_is_one_line(tmp_path, caplog, monkeypatch):
    """That the result cannot be written either is no second failure."""

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tasks, "record", full)
    with caplog.at_level(logging.ERROR, "trainer"):
        error = OSError(28, "No space left on device", str(tmp_path / "metrics.csv"))
        assert give_up(error, tmp_path, [], [], traceback=False) == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"error: {tmp_path / 'metrics.csv'}: No space left on device"
    ]


def test_a_signal_before_the_first_step(tmp_path, caplog):
    run = tmp_path / "a run"
    (run / "checkpoints").mkdir(parents=True)
    with caplog.at_level(logging.ERROR, "trainer"):
        assert give_up(Interrupted(15), run, [], [], traceback=False) == 143
        (run / "checkpoints" / "last.safetensors").touch()
        assert give_up(Interrupted(2), run, [], [], traceback=False) == 130
        assert give_up(Interrupted(2), run, ["allow=[mine]", "epochs=3"], [tmp_path / "my own"], False) == 130
    assert [record.getMessage() for record in caplog.records] == [
        "error: terminated before anything was saved",
        f"error: interrupted; continue with: trainer resume '{run}'",
        f"error: interrupted; continue with: trainer resume '{run}' 'allow=[mine]' --config-dir '{tmp_path}/my own'",
    ]
