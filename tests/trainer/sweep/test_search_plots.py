"""Pictures of a search."""

import json

import pytest

from trainer.sweep.jobs import Job

pytest.importorskip("optuna")

from tests.helpers.figures import assert_readable, legend
from tests.helpers.searches import GOAL, play, search
from trainer.sweep.search_plots import draw_history, draw_importance, importances

SHORT = {"optimizer.lr": "lr", "units": "units", "model": "model"}


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    return play(tmp_path_factory.mktemp("search"), search(trials=12))


def test_the_best_so_far_only_rises(jobs):
    figure = draw_history(jobs, GOAL)
    (best,) = (line for line in figure.axes[0].lines if line.get_label() == "best so far")
    assert sorted(best.get_ydata()) == list(best.get_ydata())
    assert best.get_ydata()[-1] == max(job.result["best"]["val_accuracy"] for job in jobs)


def test_a_failure_is_a_cross(jobs, tmp_path):
    failed = Job(tmp_path / "12_lr=1", [])
    failed.prepare()
    (failed.directory / "result.json").write_text('{"status": "failed"}')
    crosses = [line for line in draw_history([*jobs, failed], GOAL).axes[0].lines if line.get_marker() == "x"]
    assert [line.get_xdata()[0] for line in crosses] == [12]


def test_what_mattered_comes_first(jobs):
    importance = importances(jobs, SHORT, GOAL)
    assert next(iter(importance)) == "lr"
    axes = draw_importance(importance).axes[0]
    assert len(axes.patches) == 3
    assert axes.get_yticklabels()[-1].get_text() == "lr"  # on top


def test_of_few_runs_nothing_is_said(jobs):
    assert importances(jobs[:3], {}, GOAL) == {}


def test_the_legend_says_how_runs_ended(jobs, tmp_path):
    pruned = Job(tmp_path / "12_lr=1", [])
    pruned.prepare()
    result = {"status": "stopped", "reason": "pruned: too poor", "best": {"val_accuracy": 0.5}}
    (pruned.directory / "result.json").write_text(json.dumps(result))
    figure = draw_history([*jobs, pruned], GOAL, ("mlp on digits: lr", "13 runs"))
    assert legend(figure) == ["best so far", "a run", "pruned (1)"]
    assert_readable(figure)
    assert_readable(draw_importance(importances(jobs, SHORT, GOAL), "mlp on digits: lr"))
