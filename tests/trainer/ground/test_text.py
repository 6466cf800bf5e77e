"""Text for people, spreadsheets, and Hydra."""

import pytest

from trainer.compose.configure import compose
from trainer.ground.text import cell, printable, quoted, table, unquoted

ODD = ["", "a", "it's", "a=b,c", "(x) [y] {z}", "$HOME", "äöü", "a\nb", "back\\slash", "end\\", "x\\'y", "a\\\\'b",
       "  lead ", "${x}", "\\${y}", 'say "x"', "#c", "t\tb", "null", "1"]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_quoted_is_read_back(text):
    assert unquoted(quoted(text)) == text
    assert compose([f"resume={quoted(text)}"]).resume == text


@pytest.mark.parametrize("value", ["a", "'", "it's", "'a", "a'"])
def test_what_has_no_quotes_stays(value):
    assert unquoted(value) == value


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


def test_table():
    assert table([["a", "b"], ["long", "12"]]) == "a      b\nlong  12"
