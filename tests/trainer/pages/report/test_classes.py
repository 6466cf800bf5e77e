"""Figures of each class."""

import re

from trainer.pages.report.classes import classes


def test_the_figures_are_those_of_evaluate(digits):
    found = digits.predictions
    details = found.problem.details(found.outputs, found.targets, digits.classes, 3)
    worst = min(details["classes"], key=lambda row: row["f1"])
    first = re.findall(r"<tr>(.*?)</tr>", classes(digits).body)[1]
    assert re.findall(r">([\w.]+)<", first) == [
        worst["class"], *(f"{worst[key]:.3f}" for key in ("precision", "recall", "f1")), str(worst["examples"])
    ]  # fmt: skip


def test_values_have_no_classes(prices):
    assert classes(prices) is None
