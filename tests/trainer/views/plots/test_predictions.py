"""Predicted values against the true ones."""

import numpy as np
import pytest

from tests.helpers.figures import assert_readable
from trainer.views.plots.predictions import draw, draw_predictions
from trainer.views.subject import UnsuitableError


def test_one_scale_and_every_error():
    true = np.linspace(0, 1, 50)[:, np.newaxis]
    figure = draw_predictions(true + 0.5, true, "mlp on sine, seed 0", "R² 0.5")
    left, right = figure.axes
    assert left.get_xlim() == left.get_ylim()
    assert sum(patch.get_height() for patch in right.patches) == 50
    assert_readable(figure)


def test_several_values_have_a_line_each_and_what_is_not_finite_is_left_out():
    values = np.random.default_rng(0).normal(size=(30, 3))
    broken = values.copy()
    broken[4, 1] = np.nan
    figure = draw_predictions(broken, values)
    assert len(figure.axes) == 6
    assert sum(patch.get_height() for patch in figure.axes[3].patches) == 29
    assert_readable(figure)


def test_of_runs(sine, digits):
    assert_readable(draw(sine))
    with pytest.raises(UnsuitableError, match="not values"):
        draw(digits)
