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
    for _ in range(10):
        watched.epoch(train_loss=1234.5678)
    watched.end()
    assert lines()[:3] == [
        "epoch      loss  accuracy  val loss  val accuracy      time    left",
        " 1/12    0.3333    0.8100    0.5000        0.8000     1.2 s  13.6 s",
        " 2/12    0.2500    0.8200    0.3333        0.8100 *   1.2 s  12.3 s",
    ]
    assert lines()[-1] == "12/12    1234.6    0.9200    0.0769        0.9100     1.2 s"
    assert len(lines()) == 13
    assert screen.getvalue() == ""


def test_a_task_without_accuracy_or_validation(watch, lines):
    watched = watch(ProgressLine())
    watched.start()
    watched.epoch(train_accuracy=None, val_loss=None, val_accuracy=None)
    assert lines() == ["epoch      loss      time    left", "  1/3    0.3333     1.2 s   2.5 s"]


def test_many_metrics_leave_a_line_within_80_columns_with_the_headline_in_it(watch, lines):
    watched = watch(ProgressLine(), epochs=1000)
    watched.run.headline = "f1_macro"
    metrics = ("balanced_accuracy", "f1_macro", "log_loss")
    more = {f"{part}_{name}": 0.5 for name in metrics for part in ("train", "val")}
    watched.start()
    watched.run.best = {"epoch": 1}
    watched.epoch(seconds=7200.0, **more)
    assert lines() == [
        "epoch          loss  macro F1  val loss  val macro F1      time    left",
        "   1/1000    0.3333    0.5000    0.5000        0.5000 * 2:00:00 83 days",
    ]


def test_a_terminal_has_a_bar_while_the_epoch_runs_and_the_line_after(watch, lines, stderr):
    screen = stderr(Terminal())
    watched = watch(ProgressLine())
    watched.run.headline = "accuracy"
    watched.start()
    watched.batch(40, accuracy=0.8, examples_per_second=1000.0)
    assert "epoch 1/3  40%|" in screen.getvalue()
    assert "left, loss 0.5000, accuracy 0.8000" in screen.getvalue()
    watched.epoch()
    assert len(lines()) == 2
    assert "40%" not in "".join(lines())
    assert screen.getvalue().endswith("\r"), "the bar is wiped"


def test_a_failure_within_an_epoch_wipes_the_bar(watch, lines, stderr):
    screen = stderr(Terminal())
    watched = watch(ProgressLine())
    watched.start()
    watched.batch(40)
    watched.end("stopped")
    assert screen.getvalue().endswith("\r")
    assert lines() == []
