"""Text for people and spreadsheets."""

import pytest

from trainer.ground.text import alike, cell, clip, duration, printable, table


@pytest.mark.parametrize(
    ("text", "shown"), [("ü ±│", "ü ±│"), ("\x1b[2J", "\\x1b[2J"), ("a\r\nb", "a\\r\\nb"), ("\udc80", "\\udc80"),
                        ("\u202e", "\\u202e")]
)  # fmt: skip
def test_nothing_commands_a_terminal(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("value", "written"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("\tx", "'\tx"), ("-x", "'-x"), ("+x", "'+x"),
     ("-0.5", "-0.5"), ("+1e3", "+1e3"),
     ("a=b", "a=b"), (-0.5, -0.5), (None, None), ("", "")],
)  # fmt: skip
def test_no_cell_is_a_formula(value, written):
    assert cell(value) == written


def test_a_long_text_is_cut():
    assert (clip("abcd", 4), clip("abcde", 4)) == ("abcd", "abc…")


def test_table():
    assert table([["a", "b"], ["long", "12"]]) == "a      b\nlong  12"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (60, "1:00"), (185.4, "3:05"), (3785, "1:03:05"), (86399, "23:59:59"),
     (9e5, "10 days")],
)  # fmt: skip
def test_durations(seconds, expected):
    assert duration(seconds) == expected


def test_names_that_are_nearly_the_same():
    assert alike(["Yes", "No", "yes", " YES", "Straße", "STRASSE"]) == [["Yes", "yes", " YES"], ["Straße", "STRASSE"]]
