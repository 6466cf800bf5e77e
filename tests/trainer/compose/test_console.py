"""Where messages go."""

import io
import logging
import sys

import pytest
from tqdm import tqdm

from trainer.compose.console import Terminal


def record(level, text):
    return logging.LogRecord("trainer", level, __file__, 1, text, None, None)


def test_errors_go_to_stderr_and_all_else_to_stdout(capsys):
    terminal = Terminal()
    for level in (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        terminal.emit(record(level, logging.getLevelName(level)))
    assert capsys.readouterr() == ("INFO\nWARNING\n", "ERROR\nCRITICAL\n")


def test_a_line_stands_above_a_progress_bar(capsys):
    with tqdm(total=2, file=sys.stderr, bar_format="{n} of {total}", mininterval=0) as bar:
        bar.update()
        Terminal().emit(record(logging.INFO, "epoch 1"))
    out, err = capsys.readouterr()
    assert out == "epoch 1\n"
    assert err.count("1 of 2") >= 2  # drawn again below the line


def test_output_that_fails_is_left_to_logging(monkeypatch):
    failed = []
    monkeypatch.setattr(Terminal, "handleError", lambda self, record: failed.append(record.msg))
    monkeypatch.setattr(sys, "stdout", None)
    terminal = Terminal()
    monkeypatch.setattr(terminal, "format", lambda record: 1 / 0)
    terminal.emit(record(logging.INFO, "lost"))
    assert failed == ["lost"]


@pytest.mark.parametrize(
    ("look", "level", "settings", "expected"),
    [
        ("best", logging.INFO, {}, "\x1b[32ma line\x1b[0m\n"),
        ("", logging.WARNING, {}, "\x1b[33ma line\x1b[0m\n"),
        ("", logging.INFO, {}, "a line\n"),
        ("best", logging.INFO, {"NO_COLOR": "1"}, "a line\n"),
        ("best", logging.INFO, {"TERM": "dumb"}, "a line\n"),
    ],
)
def test_colours_where_they_are_wanted(monkeypatch, look, level, settings, expected):
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    logged = record(level, "a line")
    logged.look = look
    Terminal().emit(logged)
    assert screen.getvalue() == expected


def test_no_colours_in_a_file(capsys):
    logged = record(logging.INFO, "a line")
    logged.look = "best"
    Terminal().emit(logged)
    assert capsys.readouterr().out == "a line\n"
