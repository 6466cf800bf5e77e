"""The reliability diagram."""

import numpy as np
import pytest

from tests.helpers.figures import assert_readable, legend
from trainer.problems import calibration
from trainer.views.plots.calibration import draw, draw_calibration
from trainer.views.subject import UnsuitableError


def test_it_says_which_way_the_network_is_wrong():
    sure = np.full(100, 0.95)
    figure = draw_calibration(calibration(sure, np.arange(100) < 70), "mlp on digits, seed 0")
    assert figure.texts[1].get_text().replace("\n", " ") == (
        "expected calibration error 0.250 on the test examples, on average too sure by 25.0 points"
    )
    upper, lower = figure.axes
    (line,) = [line for line in upper.lines if line.get_marker() == "o"]
    assert (line.get_xdata()[0], line.get_ydata()[0]) == (pytest.approx(0.95), pytest.approx(0.7))
    assert sum(patch.get_height() for patch in lower.patches) == 100
    assert_readable(figure)


@pytest.mark.parametrize("often", [9, 10])
def test_what_occurs_seldom_is_hollow(often):
    sure = np.repeat([0.55, 0.95], [often, 40])
    figure = draw_calibration(calibration(sure, sure > 0.6))
    (line,) = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert len(line.get_xdata()) == (1 if often < 10 else 2)
    assert ("fewer than\n10 times" in legend(figure)) == (often < 10)
    assert_readable(draw_calibration(calibration(np.full(3, 0.5), np.ones(3, bool))))


@pytest.mark.parametrize("run", ["digits", "quarters"])
def test_of_runs(run, request):
    assert_readable(draw(request.getfixturevalue(run)))


def test_values_have_none(sine):
    with pytest.raises(UnsuitableError, match="not probabilities"):
        draw(sine)
