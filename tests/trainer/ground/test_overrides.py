"""Overrides as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.compose.configure import compose, parse
from trainer.ground.overrides import last, parts, quoted, unquoted

TEXTS = st.text("ab' \"\\${},=()[]:é", max_size=8)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("optimizer.lr=0.1", ("", "optimizer.lr", "0.1")),
        ("++a.b='x=y'", ("++", "a.b", "'x=y'")),
        ("+callbacks@more=x", ("+", "callbacks@more", "x")),
        ("~model.layers.drop1", ("~", "model.layers.drop1", "")),
        ("~a=1", ("~", "a", "1")),
        ("a=", ("", "a", "")),
        ("nonsense", ("", "nonsense", "")),
    ],
)
def test_parts(override, expected):
    assert parts(override) == expected


def test_the_last_one_counts():
    overrides = ["resume=a", "epochs=3", "+resume='it\\'s'", "resumed=x"]
    assert last("resume", overrides) == "it's"
    assert last("seed", overrides) is None


@given(TEXTS)
def test_quoted_means_the_text(text):
    assert unquoted(quoted(text)) == text
    value = parse([f"x={quoted(text)}"])[0].value()
    assert value == text or "${" in text


@pytest.mark.parametrize("text", ["it's", "a,b=c (d)", r"C:\runs\x" + "\\", "${no}", r"\${x}", '"', "$HOME", "é"])
def test_quoted_reaches_the_configuration(text):
    assert compose([f"resume={quoted(text)}"]).resume == text


@pytest.mark.parametrize(("value", "expected"), [("a", "a"), ('"a\'b"', "a'b"), ("'", "'"), ("", ""), ("'a", "'a")])
def test_unquoted(value, expected):
    assert unquoted(value) == expected
