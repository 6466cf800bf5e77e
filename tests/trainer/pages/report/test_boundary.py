"""The regions of the classes in the plane."""

import re

import numpy as np
import pytest

from tests.helpers.runs import make_run
from tests.trainer.pages.report.test_examples import pixels_of
from trainer.pages.report.boundary import HEIGHT, LINE, MOST_POINTS, WIDTH, boundary
from trainer.pages.report.facts import read


@pytest.fixture(scope="module")
def moons(tmp_path_factory):
    """A network that has learned nothing yet."""
    return read(make_run(tmp_path_factory.mktemp("moons"), "model=mlp", "data=moons"))


def test_regions_and_points_are_what_the_network_predicts(moons):
    section = boundary(moons)
    pixels = pixels_of({"sheet": re.search(r'href="(data:[^"]+)"', section.body)[1]})
    pattern = r'cx="(.+?)" cy="(.+?)" r="4" fill="#\w+"( class="wrong")?><title>example \d+: (.), predicted (.)<'
    points = re.findall(pattern, section.body)
    assert len(points) == MOST_POINTS
    assert 0 < sum(bool(wrong) for _, _, wrong, *_ in points) < MOST_POINTS
    assert all(bool(wrong) == (true != guess) for _, _, wrong, true, guess in points)
    agree = []
    for x, y, _, _, guess in points:
        row, column = int(float(y) * len(pixels) / HEIGHT), int(float(x) * pixels.shape[1] / WIDTH)
        red, _, blue, _ = colour = pixels[row, column].tolist()
        agree.append((blue > red) == (guess == "0") or tuple(colour) == LINE)
    assert np.mean(agree) > 0.99  # but for places between two pixels


@pytest.mark.parametrize("run", ["digits", "writer"])
def test_others_have_none(run, request):
    assert boundary(request.getfixturevalue(run)) is None
