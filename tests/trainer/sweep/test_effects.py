"""The effects of what was swept."""

import pytest

from tests.helpers.figures import assert_readable, legend
from trainer.sweep.effects import draw_effects

GOAL = "best_val_accuracy"


def lines(axes, marker):
    return [line for line in axes.lines if line.get_marker() == marker]


def test_axes_of_effects(jobs):
    settings = [
        {"lr": lr, "units": units, "model": model, "seed": "0"}
        for lr, units, model in [("0.001", "8", "mlp"), ("0.1", "16", "lenet5"), ("1", "24", "mlp")]
    ]
    figure = draw_effects(*jobs(settings, [0.9, 0.5, None]), GOAL)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["lr", "units", "model"]
    assert [axes.get_xscale() for axes in figure.axes] == ["log", "linear", "linear"]
    assert [label.get_text() for label in figure.axes[2].get_xticklabels()] == ["lenet5", "mlp"]
    assert legend(figure) == ["model=mlp", "model=lenet5", "a run", "failed (1)", "best run"]
    crosses = lines(figure.axes[0], "x")
    assert [line.get_xdata()[0] for line in crosses] == [1.0]


@pytest.mark.parametrize("repeats", [True, False])
def test_a_line_is_drawn_through_values_that_repeat(jobs, repeats):
    settings = [{"lr": f"{k % 2 + 1}", "units": f"{k + 8}"} for k in range(4)]
    figure = draw_effects(*jobs(settings, [0.9, 0.8, 0.7, 0.6]), GOAL)
    axes = figure.axes[0 if repeats else 1]
    assert any(len(line.get_xdata()) > 1 for line in axes.lines) == repeats
    assert figure.axes[0].get_ylabel() == "best validation accuracy"


def test_all_failed(jobs):
    figure = draw_effects(*jobs([{"lr": "-1"}, {"lr": "x"}], [None, None]), GOAL)
    assert len(figure.axes) == 1


def test_the_best_mean_is_ringed_not_the_luckiest_seed(jobs):
    settings = [{"lr": lr, "seed": seed} for lr in ("0.1", "0.2") for seed in ("0", "1")]
    figure = draw_effects(*jobs(settings, [0.9, 0.3, 0.8, 0.7]), GOAL)
    (ring,) = [line for line in figure.axes[0].lines if line.get_markersize() == 10]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (0.2, pytest.approx(0.75))
    assert legend(figure)[-1] == "best setting"


def test_how_a_run_ended_is_told_apart(jobs):
    settings = [{"lr": lr} for lr in ("0.01", "0.02", "0.1", "1", "5")]
    made = jobs(settings, [0.95, 0.94, 0.9, 0.1, None], _2="pruned: too poor")
    figure = draw_effects(*made, GOAL)
    (axes,) = figure.axes
    assert legend(figure) == ["a run", "pruned (1)", "off the axis (1)\n  to accuracy 0.1", "failed (1)", "best run"]
    assert [line.get_xdata()[0] for line in lines(axes, "v")] == [1.0]
    assert [line.get_xdata()[0] for line in lines(axes, "x")] == [5.0]
    hollow = [line for line in lines(axes, "o") if line.get_markerfacecolor() == "#ffffff"]
    assert [line.get_xdata()[0] for line in hollow] == [0.1]
    assert axes.get_ylim()[0] > 0.8
    assert_readable(figure)


def test_a_wrong_value_does_not_make_the_axis_linear(jobs):
    figure = draw_effects(*jobs([{"lr": lr} for lr in ("0.01", "10", "1", "-1")], [0.9, 0.8, 0.7, None]), GOAL)
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["-1", "0.01", "1", "10"]


def test_long_names_can_be_read(jobs):
    settings = [{"model.layers.act1._target_": f"models.activations.Function{k}", "lr": "0.1"} for k in range(6)]
    settings[0]["lr"] = "0.2"
    assert_readable(draw_effects(*jobs(settings, [0.9 - k / 100 for k in range(6)]), GOAL))
