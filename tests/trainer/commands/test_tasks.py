"""How it is told that a run has ended early."""

import logging

from trainer.commands import tasks
from trainer.ground.signals import Interrupted


def test_a_disk_that_is_full_is_one_line(tmp_path, caplog, monkeypatch):
    """That the result cannot be written either is no second failure."""

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tasks, "record", full)
    with caplog.at_level(logging.ERROR, "trainer"):
        error = OSError(28, "No space left on device", str(tmp_path / "metrics.csv"))
        assert tasks.give_up(error, tmp_path, [], [], traceback=False) == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"error: {tmp_path / 'metrics.csv'}: No space left on device"
    ]


def test_a_signal_before_the_first_step(tmp_path, caplog):
    run = tmp_path / "a run"
    (run / "checkpoints").mkdir(parents=True)
    with caplog.at_level(logging.ERROR, "trainer"):
        assert tasks.give_up(Interrupted(15), run, [], [], traceback=False) == 143
        (run / "checkpoints" / "last.safetensors").touch()
        assert tasks.give_up(Interrupted(2), run, [], [], traceback=False) == 130
    assert [record.getMessage() for record in caplog.records] == [
        "error: terminated before anything was saved",
        f"error: interrupted; go on with: trainer resume '{run}'",
    ]
