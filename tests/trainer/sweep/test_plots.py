"""What the pictures of a sweep show."""

import pytest

from tests.helpers.figures import assert_readable, legend
from trainer.sweep.plots import MOST_COLOURED, draw_curves

GOAL = "best_val_accuracy"


def test_runs_that_differ_in_their_seed_are_one_curve(jobs):
    settings = [{"optimizer.lr": lr, "seed": seed} for lr in ("0.1", "0.2") for seed in ("0", "1")]
    figure = draw_curves(*jobs(settings, [0.9, 0.7, 0.6, 0.4]), GOAL)
    assert legend(figure)[:2] == ["lr=0.1", "lr=0.2"]
    (axes,) = figure.axes
    best = next(line for line in axes.lines if line.get_label() == "lr=0.1")
    assert best.get_ydata()[-1] == pytest.approx(0.8)
    assert len(axes.collections) == 2


def test_the_best_mean_comes_first_not_the_luckiest_seed(jobs):
    settings = [{"lr": lr, "seed": seed} for lr in ("0.1", "0.2") for seed in ("0", "1")]
    made = jobs(settings, [0.9, 0.3, 0.8, 0.7])
    figure = draw_curves(*made, GOAL)
    assert legend(figure)[:2] == ["lr=0.2", "lr=0.1"]
    assert figure.legends[0].get_title().get_text() == "best mean first"


def test_more_curves_than_colours_are_grey(jobs):
    settings = [{"seed_of_data": str(number)} for number in range(12)]
    made = jobs(settings, [0.9 - number / 100 for number in range(12)], _11="pruned: too poor")
    figure = draw_curves(*made, GOAL)
    assert len(legend(figure)) == MOST_COLOURED + 1
    assert "4 more\n  1 pruned" in legend(figure)
    assert figure.legends[0].get_title().get_text() == "best first"


def test_of_seeds_alone_there_is_a_mean_and_no_best(jobs):
    figure = draw_curves(*jobs([{"seed": "0"}, {"seed": "1"}, {"seed": "2"}], [0.7, 0.9, None]), GOAL)
    assert legend(figure) == ["mean of 3 seeds\n  1 of 3 failed"]
    assert figure.texts[1].get_text() == "3 runs, 1 failed, accuracy 0.8000 ± 0.1414"


LRS = ["0.01", "0.1", "0.3", "1000", "-1"]


@pytest.fixture
def diverged(jobs):
    """Four that learn or not, of which one diverges, and one that fails."""
    return jobs([{"optimizer.lr": lr} for lr in LRS], [0.95, 0.9, 0.85, 0.1, None], losses=[0.1, 0.2, 0.3, 1e12, 1])


def test_a_diverged_run_does_not_ruin_the_axis_and_is_named(diverged):
    figure = draw_curves(*diverged, GOAL)
    accuracy, loss = figure.axes
    assert loss.get_ylim()[1] < 10
    assert accuracy.get_ylim()[0] > 0.2
    named = [entry for entry in legend(figure) if entry.startswith("lr=1000")]
    assert named == ["lr=1000\n  off the axis: accuracy 0.1"]
    assert_readable(figure)


def test_a_failed_setting_is_said_in_the_legend_by_its_own_mark(diverged):
    figure = draw_curves(*diverged, GOAL)
    entries = legend(figure)
    assert "lr=-1\n  failed" in entries
    handles = figure.legends[0].legend_handles
    assert [handle.get_marker() for handle, entry in zip(handles, entries, strict=True) if "fail" in entry] == ["x"]
    assert "1 failed" in figure.texts[1].get_text()


def test_training_is_dashed(diverged):
    figure = draw_curves(*diverged, GOAL)
    dashed = [line for line in figure.axes[1].lines if line.get_linestyle() == "--"]
    assert sorted(line.get_ydata()[-1] for line in dashed) == pytest.approx([0.2 / 3, 0.4 / 3, 0.6 / 3])
    assert "best 3: training" in legend(figure)


def test_a_name_keeps_its_colour_from_sweep_to_sweep(jobs):
    def colours(names, accuracies):
        figure = draw_curves(*jobs([{"model": name} for name in names], accuracies), GOAL)
        found = {line.get_label(): line.get_color() for line in figure.axes[0].lines if "=" in line.get_label()}
        assert len({*found.values()}) == len(names)
        return found

    one = colours(["mlp", "lenet5"], [0.9, 0.8])
    assert one == colours(["lenet5", "mlp"], [0.9, 0.8])
    assert one.items() <= colours(["lenet5", "resnet8", "mlp"], [0.9, 0.8, 0.7]).items()
