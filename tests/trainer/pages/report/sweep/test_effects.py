"""Effects and importance."""

from dataclasses import replace
from statistics import mean

import pytest

from trainer.pages.report.sweep.effects import by_value, effects, explained, importance


def test_means_with_intervals_for_each_value(sweep):
    section = effects(sweep)
    rows = section.charts["effect-1"]["data"]["values"]
    assert [row["value"] for row in rows] == ["0.01", "0.1"]
    assert rows[1]["goal"] == pytest.approx(mean([0.9, 0.94, 0.7, 0.71]))
    assert rows[1]["low"] < rows[1]["goal"] < rows[1]["high"]


def test_the_share_of_the_variance_by_hand(sweep):
    runs = [run for run in sweep.runs if run.goal is not None]
    goals = [run.goal for run in runs]
    middle = mean(goals)
    between = sum(len(group) * (mean(group) - middle) ** 2 for group in by_value(runs, "model").values())
    shares = explained(runs, ["model", "lr"])
    assert shares["model"] == pytest.approx(between / sum((goal - middle) ** 2 for goal in goals))
    assert shares["model"] > shares["lr"] > 0
    assert [row["key"] for row in importance(sweep).charts["importance-chart"]["data"]["values"]] == ["model", "lr"]


def test_values_that_hardly_repeat_are_dots_on_an_axis_of_numbers(sweep):
    rates = ("0.0001", "0.001", "0.01", "0.1", "1", "10")
    runs = [replace(sweep.runs[0], values={"lr": rate}, goal=0.5) for rate in rates]
    settings = [replace(sweep.settings[0], runs=[run]) for run in runs]
    section = effects(replace(sweep, keys=["lr"], settings=settings))
    chart = section.charts["effect-0"]
    assert chart["encoding"]["x"]["scale"]["type"] == "log"
    assert "interval of the mean" not in section.body


def test_a_search_says_what_mattered(sweep):
    searched = replace(sweep, searched=True, importances={"model": 0.2, "lr": 0.8})
    section = importance(searched)
    assert [row["key"] for row in section.charts["importance-chart"]["data"]["values"]] == ["lr", "model"]
    assert "PED-ANOVA" in section.body
    assert importance(replace(searched, importances={})) is None


def test_what_does_not_differ_explains_nothing(sweep):
    assert explained(sweep.runs, ["seed"]).keys() == {"seed"}
    assert explained(sweep.runs[:2], ["model"]) == {}
    assert importance(replace(sweep, keys=["lr"])) is None
