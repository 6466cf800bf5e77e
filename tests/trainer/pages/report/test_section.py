"""The pieces of HTML: everything that comes in is escaped."""

import pytest

from trainer.pages.report.section import Html, Series, clip, copied, count, figure, number, percent, table, text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((None, ""), (0.0, "0"), (3.0, "3"), (1234567.0, "1.23e+06"), (0.90591, "0.9059"), (15562.6, "15,563")),
        *((-0.012, "−0.0120"), (2.7727, "2.773"), (1e-7, "1e-07"), (float("inf"), "∞"), (float("nan"), "not a number")),
    ],
)
def test_numbers_for_people(value, shown):
    assert number(value) == shown


def test_texts_are_escaped_and_html_is_not():
    assert text("<b>&\"'\x1b\n") == "&lt;b&gt;&amp;&quot;&#x27;\\x1b\n"
    assert text(Html("<b>")) == "<b>"
    assert "<i>" not in copied("<i>") + table(["<i>"], [["<i>"]], caption="<i>")
    assert "<i>" not in figure("<i>", "<i>", [Series("<i>", "<i>", "--blue")])


def test_words_for_counts():
    assert (count(1, "epoch"), count(1200, "epoch"), percent(0.4119)) == ("1 epoch", "1,200 epochs", "41.2 %")
    assert clip("abcdef", 4) == "abc…"
