"""The line per epoch, on a terminal and elsewhere."""

import io
import logging
import sys

import pytest

from trainer.training.callbacks import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def lines(caplog):
    """What reached the logger."""
    caplog.set_level(logging.INFO, logger="trainer")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "trainer"]


@pytest.fixture
def stderr(monkeypatch):
    """stderr(stream) puts the stream in stderr's place; called in the test, as pytest sets stderr before it."""

    def replace(stream: io.StringIO) -> io.StringIO:
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return replace


def test_elsewhere_one_plain_line_per_epoch(watch, lines, stderr):
    screen = stderr(io.StringIO())
    watched = watch(ProgressLine(), epochs=12)
    watched.start()
    watched.batch(50, accuracy=0.8, examples_per_second=1000.0)
    watched.epoch()
    watched.run.best = {"epoch": 2, "val_loss": 1 / 3}
    watched.epoch()
    watched.end()
    assert lines() == [
        "epoch  1/12  train loss 0.3333, accuracy 0.8100 | validation loss 0.5000, accuracy 0.8000"
        " | 41,235 examples/s | 1.2 s",
        "epoch  2/12  train loss 0.2500, accuracy 0.8200 | validation loss 0.3333, accuracy 0.8100"
        " | 41,235 examples/s | 1.2 s | best so far",
    ]
    assert screen.getvalue() == ""


def test_a_task_without_accuracy_or_validation(watch, lines):
    watched = watch(ProgressLine())
    watched.start()
    watched.epoch(train_accuracy=None, val_loss=None, val_accuracy=None)
    assert lines() == ["epoch 1/3  train loss 0.3333 | 41,235 examples/s | 1.2 s"]


def test_a_terminal_has_a_bar_while_the_epoch_runs_and_the_line_after(watch, lines, stderr):
    screen = stderr(Terminal())
    watched = watch(ProgressLine())
    watched.start()
    watched.batch(40, accuracy=0.8, examples_per_second=1000.0)
    assert "epoch 1/3  40%|" in screen.getvalue()
    assert "loss 0.5000, accuracy 0.8000, 1,000 examples/s" in screen.getvalue()
    watched.epoch()
    assert len(lines()) == 1
    assert "40%" not in lines()[0]
    assert screen.getvalue().endswith("\r"), "the bar is wiped"


def test_a_failure_within_an_epoch_wipes_the_bar(watch, lines, stderr):
    screen = stderr(Terminal())
    watched = watch(ProgressLine())
    watched.start()
    watched.batch(40)
    watched.end("stopped")
    assert screen.getvalue().endswith("\r")
    assert lines() == []
