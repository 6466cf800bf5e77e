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


def test_of_a_text_what_each_character_costs(writer):
    found = writer.predictions
    costliest = found.problem.details(found.outputs, found.targets, writer.classes, 3)["costliest"][0]
    first = re.findall(r"<tr>(.*?)</tr>", classes(writer).body)[1]
    cells = [re.sub("<.*?>", "", cell) for cell in first.split("</td>")]
    assert cells[:2] == [costliest["token"].replace(" ", "␣"), str(costliest["examples"])]
    assert cells[2:5] == [f"{costliest[name]:.3g}" for name in ("share", "perplexity", "accuracy")]


def test_values_have_no_classes(prices):
    assert classes(prices) is None
