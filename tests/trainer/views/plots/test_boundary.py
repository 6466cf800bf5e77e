"""What the network says everywhere."""

import numpy as np
import pytest

from tests.helpers.figures import assert_readable, legend
from trainer.views.plots.boundary import FINE, draw
from trainer.views.subject import UnsuitableError


def test_regions_are_what_the_network_predicts(spirals):
    figure = draw(spirals)
    (axes,) = figure.axes
    shades = axes.images[0].get_array()
    left, right, low, high = axes.images[0].get_extent()
    corners = np.array([[left, low], [right, high]], np.float32)
    predicted = spirals.network.predict_classes(corners)
    for shade, label in zip((shades[0, 0], shades[FINE - 1, FINE - 1]), predicted, strict=True):
        assert (shade[2] > shade[0]) == (label == 0)  # blue; else orange
    assert legend(figure) == ["0", "1", "mistake"]
    assert_readable(figure)


def test_every_example_is_there_once(spirals):
    collections = draw(spirals).axes[0].collections
    scattered = [each for each in collections if hasattr(each, "get_sizes") and each.get_sizes().tolist() == [20]]
    assert sum(len(points.get_offsets()) for points in scattered) == 80


def test_a_curve_of_values(sine):
    figure = draw(sine)
    assert legend(figure) == ["examples", "network"]
    (line,) = figure.axes[0].lines
    x = np.array(line.get_xdata())[:, np.newaxis].astype(np.float32)
    np.testing.assert_allclose(line.get_ydata(), sine.network.predict(x)[:, 0], rtol=1e-5)
    assert_readable(figure)


def test_pictures_have_none(digits):
    with pytest.raises(UnsuitableError, match="not points of a plane"):
        draw(digits)
