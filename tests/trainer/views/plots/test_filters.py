"""Filters as pictures."""

import numpy as np
import pytest

from tests.helpers.figures import assert_readable
from trainer.views.plots.filters import draw, draw_filters
from trainer.views.subject import UnsuitableError


def test_before_and_after_have_one_scale():
    before = np.zeros((5, 1, 2, 2))
    after = before.copy()
    after[1, 0, 0, 1] = -3
    figure = draw_filters(after, before, "lenet5 on digits, seed 0", "conv1.weight")
    one, other = (axes.images[0] for axes in figure.axes[:2])
    assert (one.get_clim(), other.get_clim()) == ((-3, 3), (-3, 3))
    assert np.nanmin(other.get_array().filled(np.nan)) == -3
    (low_red, _, low_blue, _), (high_red, _, high_blue, _) = one.cmap([0.25, 0.75])
    assert low_red > low_blue  # orange
    assert high_blue > high_red
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == ["before training", "after training"]
    assert_readable(figure)


def test_of_a_convolution_and_of_a_perceptron(convolutional, digits):
    expected = {"conv.weight: 4 of 4 filters of 3×3": convolutional, "fc1.weight: 16 of 16 filters of 8×8": digits}
    for what, run in expected.items():
        figure = draw(run)
        assert figure.texts[1].get_text() == what
        before, after = (axes.images[0].get_array() for axes in figure.axes[:2])
        assert before.shape == after.shape
        assert not np.array_equal(before, after)
        assert_readable(figure)


def test_points_have_none(spirals):
    with pytest.raises(UnsuitableError, match="not pictures"):
        draw(spirals)
