"""What happens in each layer."""

import pytest

from tests.helpers.figures import assert_readable, legend
from tests.helpers.runs import TINY, make_run
from trainer.views.plots.layers import draw, draw_layers
from trainer.views.subject import Subject, UnsuitableError

HEADER = "epoch,layer,type,gradient_rms,update_ratio,dead,saturated\n"


def test_a_line_for_each_layer_in_the_order_of_the_network(tmp_path):
    rows = "1,b,Linear,0.1,0.01,,\n1,a,ReLU,,,0.25,\n2,b,Linear,0.001,0.02,,\n2,a,ReLU,,,0.5,\n"
    rows += "3,b,Linear,0,0.02,,\nx,a,,,,,\n3,b,Lin"
    run = make_run(tmp_path, *TINY)
    (run / "layers.csv").write_text(HEADER + rows)
    figure = draw(Subject(run))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["Gradient (root mean square)", "Update over weight", "Share of dead units"]
    first, second, nothing = figure.axes[0].lines[0].get_ydata()
    assert (first, second) == (0.1, 0.001)
    assert figure.axes[0].get_yscale() == "log"
    assert 0 < nothing < figure.axes[0].get_ylim()[0] < 0.001  # the line leads off the axis, and not straight down
    assert list(figure.axes[2].lines[0].get_ydata()) == [0.25, 0.5]
    assert legend(figure) == ["b", "a"]
    assert_readable(figure)


def test_many_layers_are_named_in_steps():
    layers = [f"stage.{k}.block.body.conv" for k in range(60)]
    series = {layer: {1: 0.1, 2: 0.2} for layer in layers}
    figure = draw_layers({"gradient_rms": series, "update_ratio": series}, layers, "resnet on pictures, seed 0")
    assert legend(figure) == layers[::4]
    colours = [line.get_color() for line in figure.axes[0].lines]
    assert len({*map(tuple, colours)}) == 60
    assert_readable(figure)


def test_of_a_run(digits):
    figure = draw(digits)
    assert "fc1" in legend(figure)
    assert_readable(figure)


@pytest.mark.parametrize("text", ["", HEADER, "nonsense\n\0\n", HEADER + "1,a,ReLU,,,,\n"])
def test_without_rows_there_is_none(text, tmp_path):
    run = make_run(tmp_path, *TINY)
    with pytest.raises(UnsuitableError, match="the run has no layers"):
        draw(Subject(run))
    (run / "layers.csv").write_text(text)
    with pytest.raises(UnsuitableError, match="no epoch yet"):
        draw(Subject(run))
