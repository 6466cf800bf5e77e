"""Where messages go."""

import io
import logging
import sys

import pytest
from tqdm import tqdm

from trainer.compose.console import Block, Terminal
from trainer.ground.console import quietly


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


class TestBlock:
    """Lines that are drawn again in their place."""

    @pytest.fixture
    def draw(self, monkeypatch):
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "20")
        monkeypatch.delenv("NO_COLOR", raising=False)
        self.screen = io.StringIO()
        monkeypatch.setattr(self.screen, "isatty", lambda: True, raising=False)
        block = Block(self.screen)

        def call(*lines):
            self.screen.seek(0)
            self.screen.truncate()
            block.draw(lines)
            return self.screen.getvalue()

        return call

    def test_they_replace_those_before(self, draw):
        assert draw(("one", "error"), ("two", "")) == "\r\x1b[31mone\x1b[0m\x1b[K\ntwo\x1b[K\n\x1b[J"
        assert draw(("one", "error"), ("two", "")) == ""
        assert draw(("1", "")) == "\x1b[2F1\x1b[K\n\x1b[J"

    def test_a_terminal_that_has_become_narrower_has_wrapped_them(self, draw, monkeypatch):
        draw(("x" * 19, ""), ("y", ""))
        monkeypatch.setenv("COLUMNS", "10")
        assert draw(("x" * 19, "")) == f"\x1b[3F{'x' * 9}\x1b[K\n\x1b[J"

    def test_neither_wide_nor_control_characters_break_a_line(self, draw):
        assert draw(("\x1b[2J" + "\u6f22" * 20, "")) == "\r\\x1b[2J" + "\u6f22" * 6 + "\x1b[K\n\x1b[J"


def test_where_quiet_is_wanted_only_warnings_and_errors_are_written(capsys):
    with quietly():
        for level in (logging.INFO, logging.WARNING, logging.ERROR):
            Terminal().emit(record(level, logging.getLevelName(level)))
    Terminal().emit(record(logging.INFO, "after"))
    assert capsys.readouterr() == ("WARNING\nafter\n", "ERROR\n")


def test_no_colours_in_a_file(capsys):
    logged = record(logging.INFO, "a line")
    logged.look = "best"
    Terminal().emit(logged)
    assert capsys.readouterr().out == "a line\n"
