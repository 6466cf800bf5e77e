"""Parallel coordinates."""

from dataclasses import replace

import pytest

from trainer.pages.report.sweep.effects import effects
from trainer.pages.report.sweep.parallel import parallel


def test_a_line_goes_through_its_values_to_its_objective(sweep):
    rows = parallel(sweep).charts["parallel-chart"]["data"]["values"]
    best = {row["key"]: row["at"] for row in rows if row["setting"] == "model=mlp, lr=0.1"}
    assert best == {"model": 1, "lr": 1, "best_val_accuracy": 1}
    worst = {row["key"]: row["at"] for row in rows if row["setting"] == "model=cnn, lr=0.01"}
    assert worst == {"model": 0, "lr": pytest.approx(0), "best_val_accuracy": 0}
    assert not [row for row in rows if "lr=1" in row["setting"]]


def test_a_run_that_diverged_does_not_ruin_the_axis(sweep):
    worst = replace(sweep.settings[3], runs=[replace(run, goal=1e9) for run in sweep.settings[3].runs])
    facts = replace(sweep, settings=[*sweep.settings[:3], worst, sweep.settings[4]], maximised=False)
    section = parallel(facts)
    assert "2 runs far off all others are left out." in section.body
    assert max(row["goal"] for row in section.charts["parallel-chart"]["data"]["values"]) < 1
    found = effects(facts)
    assert "left out are failed runs, and 2 far off all others." in found.body
    assert max(row["goal"] for row in found.charts["effect-0"]["data"]["values"]) < 1


def test_one_key_needs_none(sweep):
    assert parallel(replace(sweep, keys=["lr"])) is None
