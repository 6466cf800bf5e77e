"""How a search went."""

import re
from dataclasses import replace

import pytest

from trainer.pages.report.sweep.history import history


@pytest.fixture
def searched(sweep):
    """A search: found(*(goal, status)) of its runs, the number 0 first."""

    def found(*ends, maximised=True):
        setting = sweep.settings[0]
        runs = [
            replace(setting.runs[0], name=f"{number:02}_lr={number}", goal=goal, status=status)
            for number, (goal, status) in enumerate(ends)
        ]
        settings = [replace(setting, runs=[run]) for run in sorted(runs, key=lambda run: run.goal or 0, reverse=True)]
        return replace(sweep, settings=settings, searched=True, maximised=maximised)

    return found


ENDS = ((0.8, "completed"), (0.5, "pruned"), (None, "failed"), (0.9, "completed"), (0.85, "completed"))


def test_runs_in_their_order_with_the_best_so_far(searched):
    section = history(searched(*ENDS))
    rows = section.charts["history-chart"]["data"]["values"]
    assert [row["run"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["best"] for row in rows] == [0.8, 0.8, 0.8, 0.9, 0.9]
    assert [row["label"] for row in rows] == [
        *("completed (3)", "pruned (1)", "failed (1)", "completed (3)", "completed (3)")
    ]
    assert rows[2]["at"] < 0.5  # at the lower edge
    domain = section.charts["history-chart"]["layer"][1]["encoding"]["shape"]["scale"]["domain"]
    assert domain == ["completed (3)", "pruned (1)", "failed (1)"]
    cells = re.findall(r"<td.*?>(.*?)</td>", section.body)
    assert cells[10:15] == ["2", "model=mlp, lr=0.1, seed=0", "none", "0.8000", "failed"]


def test_less_is_better_for_a_loss_and_what_diverged_does_not_ruin_the_axis(searched):
    ends = [(goal, "completed") for goal in (0.8, 0.7, 1e9, 0.75, 0.6)]
    rows = history(searched(*ends, maximised=False)).charts["history-chart"]["data"]["values"]
    assert [row["best"] for row in rows] == [0.8, 0.7, 0.7, 0.7, 0.6]
    assert rows[2]["label"] == "off the axis (1)"
    assert rows[2]["value"] == "1e+09"
    assert 0.8 < rows[2]["at"] < 1


def test_before_anything_has_ended_and_of_no_search_there_is_none(searched, sweep):
    assert history(searched((None, "waiting"))) is None
    assert history(searched((None, "failed"))) is None
    assert history(sweep) is None
