"""The reliability diagram."""

import numpy as np
import pytest

from tests.helpers.figures import assert_readable
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


@pytest.mark.parametrize("run", ["digits", "quarters"])
def test_of_runs(run, request):
    assert_readable(draw(request.getfixturevalue(run)))


def test_values_have_none(sine):
    with pytest.raises(UnsuitableError, match="no probabilities"):
        draw(sine)
