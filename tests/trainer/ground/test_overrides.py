"""Overrides as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.compose.configure import compose, parse
from trainer.ground.overrides import group, last, parts, quoted, unquoted, with_quotes, without_quotes

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


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("optimizer=sgd", "optimizer"),
        ("~model", "model"),
        ("+experiment=x", "experiment"),
        ("hydra/sweeper=trainer", "hydra/sweeper"),
        ("optimizer@other=sgd", "optimizer"),
        ("optimizer.lr=1", None),
        ("epochs=1", None),
        ("/etc", None),
        ("/etc=x", None),
        ("model", None),
        ("--config-dir", None),
        ("--config-dir=own", None),
        ("", None),
    ],
)
def test_group(argument, expected):
    assert group(argument) == expected


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


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("data.root=Äpfel/neu (1)", "Äpfel/neu (1)"),
        (r"data.root=C:\Users\Zoë\a=b", r"C:\Users\Zoë\a=b"),
        ("data.file=#1 & it!.csv", "#1 & it!.csv"),
        ("data.target=[price €,größe,rent]", ["price €", "größe", "rent"]),
        ("epochs=3", 3),
        ("data.size=[32,48]", [32, 48]),
        ("data={a: 1}", {"a": 1}),
        (r"data.file=a\(b", "a(b"),
        ("data.file='é'", "é"),
    ],
)
def test_a_text_needs_no_quotes(override, value):
    assert parse([with_quotes(override)])[0].value() == value


@pytest.mark.parametrize("override", ["a=é (1)", "a='b'", "a=1", "~a", "+a=[é,b]"])
def test_quotes_that_are_not_needed_are_not_shown(override):
    shown = without_quotes(with_quotes(override))
    assert shown == (override if "[" not in override else "+a=['é',b]")
    assert with_quotes(shown) == with_quotes(override)


@pytest.mark.parametrize("value", ["größe,mlp", "range(1,3)", "tag(log, interval(0.1, 1))"])
def test_a_sweep_stays_one(value):
    assert parse([with_quotes(f"model={value}")])[0].is_sweep_override()
