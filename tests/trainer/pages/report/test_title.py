"""The head of the page."""

from dataclasses import replace

import pytest

from trainer.pages.report.title import command, duration, name, title
from trainer.runs import named


def test_what_was_reached_stands_beside_the_trivial_answer(digits):
    shown = title(digits)
    accuracy, baseline = digits.result["test"]["accuracy"], digits.result["baseline"]
    assert f"{accuracy:.4f}" in shown
    assert f"{baseline['accuracy']:.4f} by always &#x27;" in shown
    assert '<span class="pill completed">' in shown
    assert "3 epochs" in shown


def test_the_command_that_does_it_again(digits):
    overrides = ["model=mlp", "hydra.run.dir=/there", "data.file=it's"]
    known = replace(digits, overrides=overrides, config_dir="own")
    assert command(known) == """trainer --config-dir own model=mlp 'data.file=it'"'"'s'"""
    assert name(known) == named.name(digits.directory, digits.config)
    assert command(digits) is None


def test_a_run_that_failed_says_why(digits):
    shown = title(replace(digits, status="failed", result={"status": "failed", "error": "the loss is nan"}))
    assert '<p class="error">the loss is nan</p>' in shown


def test_a_run_that_goes_on_shows_how_far_it_is(digits):
    config = {**digits.config, "epochs": 12}
    assert '<progress max="12" value="3"' in title(replace(digits, status="running", result={}, config=config))


@pytest.mark.parametrize(("seconds", "shown"), [(4.23, "4.2 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")])
def test_durations(seconds, shown):
    assert duration(seconds) == shown
