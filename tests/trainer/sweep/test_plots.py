"""What the pictures of a sweep show."""

import json

import pytest

from trainer.sweep.jobs import Job, short_names
from trainer.sweep.plots import COLOURS, draw_curves, draw_effects


@pytest.fixture
def jobs(tmp_path):
    """Makes jobs from settings and objectives, best first; None is a failure."""

    def make(settings, accuracies):
        made = []
        for number, (values, accuracy) in enumerate(zip(settings, accuracies, strict=True)):
            job = Job(tmp_path / f"{number:02}", [f"{key}={value}" for key, value in values.items()], values)
            job.prepare()
            result = {"status": "failed" if accuracy is None else "completed"}
            if accuracy is not None:
                result["best"] = {"val_accuracy": accuracy}
            (job.directory / "result.json").write_text(json.dumps(result))
            rows = "".join(f"{epoch},{(accuracy or 0.1) * epoch / 3}\n" for epoch in (1, 2, 3))
            (job.directory / "metrics.csv").write_text("epoch,val_accuracy\n" + rows)
            made.append(job)
        return made, short_names(list(settings[0]))

    return make


GOAL = "best_val_accuracy"


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_runs_that_differ_in_their_seed_are_one_curve(jobs):
    settings = [{"optimizer.lr": lr, "seed": seed} for lr in ("0.1", "0.2") for seed in ("0", "1")]
    figure = draw_curves(*jobs(settings, [0.9, 0.7, 0.6, 0.4]), GOAL)
    assert legend(figure) == ["lr=0.1", "lr=0.2"]
    (axes,) = figure.axes
    best = next(line for line in axes.lines if line.get_label() == "lr=0.1")
    assert best.get_ydata()[-1] == pytest.approx(0.8)
    assert len(axes.collections) == 2


def test_the_best_mean_comes_first_and_is_ringed_not_the_luckiest_seed(jobs):
    settings = [{"lr": lr, "seed": seed} for lr in ("0.1", "0.2") for seed in ("0", "1")]
    made = jobs(settings, [0.9, 0.3, 0.8, 0.7])
    figure = draw_curves(*made, GOAL)
    assert legend(figure) == ["lr=0.2", "lr=0.1"]
    assert figure.legends[0].get_title().get_text() == "best mean first"
    (axes,) = draw_effects(*made, GOAL).axes
    (ring,) = [line for line in axes.lines if line.get_markersize() == 10]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (0.2, pytest.approx(0.75))


def test_more_curves_than_colours_are_grey(jobs):
    settings = [{"seed_of_data": str(number)} for number in range(12)]
    figure = draw_curves(*jobs(settings, [0.9 - number / 100 for number in range(12)]), GOAL)
    assert len(legend(figure)) == len(COLOURS)
    assert figure.legends[0].get_title().get_text() == "best first, 4 more in grey"


def test_seeds_alone_are_told_apart(jobs):
    figure = draw_curves(*jobs([{"seed": "0"}, {"seed": "1"}], [0.9, 0.8]), GOAL)
    assert legend(figure) == ["00", "01"]


def test_axes_of_effects(jobs):
    settings = [
        {"lr": lr, "units": units, "model": model, "seed": "0"}
        for lr, units, model in [("0.001", "8", "mlp"), ("0.1", "16", "lenet5"), ("1", "24", "mlp")]
    ]
    figure = draw_effects(*jobs(settings, [0.9, 0.5, None]), GOAL)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["lr", "units", "model"]
    assert [axes.get_xscale() for axes in figure.axes] == ["log", "linear", "linear"]
    assert [label.get_text() for label in figure.axes[2].get_xticklabels()] == ["lenet5", "mlp"]
    assert legend(figure) == ["mlp", "lenet5"]
    crosses = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert [line.get_xdata()[0] for line in crosses] == [1.0]


def test_the_seed_is_drawn_where_nothing_else_differs(jobs):
    figure = draw_effects(*jobs([{"seed": "0"}, {"seed": "1"}], [0.9, 0.8]), GOAL)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["seed"]


def test_all_failed(jobs):
    figure = draw_effects(*jobs([{"lr": "-1"}, {"lr": "x"}], [None, None]), GOAL)
    assert len(figure.axes) == 1
