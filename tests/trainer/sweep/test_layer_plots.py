"""The picture of a sweep's layers."""

import json

import pytest

from tests.helpers.figures import legend
from trainer.sweep.jobs import Job
from trainer.sweep.layer_plots import draw_layers
from trainer.views.subject import UnsuitableError

HEADER = "epoch,layer,kind,gradient_rms,dead,saturated\n"
ROWS = {
    "sigmoid": "1,a,Linear,1e-6,,\n1,b,Sigmoid,,0,0.2\n1,c,Linear,0.1,,\n2,a,Linear,1,,\n2,b,Sigmoid,,0,0.75\n",
    "relu": "1,a,Linear,0.01,,\n1,n,BatchNorm,7,,\n1,b,ReLU,,0.5,\n1,c,Linear,0.1,,\n",
}


def jobs(directory, rows=ROWS) -> list[Job]:
    found = []
    for number, (name, text) in enumerate(rows.items()):
        (place := directory / f"{number}_{name}").mkdir()
        if text is not None:
            (place / "layers.csv").write_text(HEADER + text)
        best = {"epoch": 1, "val_loss": 1.0, "val_accuracy": 0.5 + number / 10}
        (place / "result.json").write_text(json.dumps({"status": "completed", "best": best}))
        found.append(Job(place, [], {"model": name}))
    return found


def lines(axes) -> dict[str, list[float]]:
    return {line.get_color(): [*line.get_ydata()] for line in axes.get_lines()}


def test_gradients_are_of_the_first_epoch_and_lost_units_of_the_last(tmp_path):
    figure = draw_layers(jobs(tmp_path, {**ROWS, "failed": None}), {"model": "model"}, "best_val_accuracy")
    gradients, lost = figure.axes
    assert sorted(lines(gradients).values()) == [[1e-6, 0.1], [0.01, 0.1]]
    assert sorted(lines(lost).values()) == [[0.5], [0.75]]
    assert gradients.get_yscale() == "log"
    assert lines(gradients).keys() == lines(lost).keys()
    assert legend(figure) == ["model=relu", "model=sigmoid", "model=failed\n  no epoch"]


def test_where_no_unit_is_lost_only_gradients_are_drawn(tmp_path):
    rows = {"one": "1,a,Linear,0.5,,\n1,b,ReLU,,0,\n"}
    assert len(draw_layers(jobs(tmp_path, rows), {"model": "model"}, "best_val_accuracy").axes) == 1


@pytest.mark.parametrize("rows", [{"one": None}, {"one": "", "two": "x,a,Linear,1,,\n"}])
def test_without_figures_there_is_no_picture(tmp_path, rows):
    with pytest.raises(UnsuitableError, match=r"no run of the sweep has a layers\.csv"):
        draw_layers(jobs(tmp_path, rows), {"model": "model"}, "best_val_accuracy")
