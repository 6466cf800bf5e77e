"""The first layer's weights."""

import re

import numpy as np

from tests.helpers.runs import make_run
from tests.trainer.pages.report.test_examples import pixels_of
from trainer.pages import page
from trainer.pages.report.facts import read
from trainer.pages.report.filters import _picture, filters


def test_before_and_after_are_told_apart(digits):
    before, after = re.findall(r'src="(data:[^"]+)"', filters(digits).body)
    assert before != after
    assert pixels_of({"sheet": before}).shape == (9 - 1, 16 * 9 - 1, 4)  # 16 kernels of 8 x 8


def test_the_picture_before_is_that_of_the_seed(tmp_path):
    """Nothing has been trained, so that both are the same."""
    facts = read(make_run(tmp_path, "model=lenet5", "data=digits"))
    before, after = re.findall(r'src="(data:[^"]+)"', filters(facts).body)
    np.testing.assert_array_equal(pixels_of({"sheet": before}), pixels_of({"sheet": after}))


def test_positive_weights_are_blue_and_negative_ones_orange_as_in_other_pages():
    kernels = np.array([1.0, -1.0, 0.5]).reshape(1, 1, 1, 3)
    sheet = pixels_of({"sheet": _picture(kernels)})
    assert sheet.tolist() == [[[*page.BLUE, 255], [*page.ORANGE, 255], [*page.BLUE, 127]]]


def test_tables_have_none(prices):
    assert filters(prices) is None
