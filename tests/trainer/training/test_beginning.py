"""What a run says before its first epoch."""

import logging

from tests.helpers.training import small_config, train


def test_the_block(tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="trainer")
    train(small_config("epochs=1"), tmp_path / "run")
    assert caplog.messages[:3] == [
        "1,242 parameters, 1 worker",
        "examples: 1,293 to train on, 144 to validate, 360 to test",
        f"everything goes into {tmp_path / 'run'}",
    ]
    assert max(map(len, caplog.messages[:2])) <= 80


def test_parts_that_are_empty_are_not_counted(tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="trainer")
    train(small_config("epochs=1", "validation=0"), tmp_path / "run")
    assert "examples: 1,437 to train on, 360 to test" in caplog.messages
