"""Filters as a quick picture."""

import numpy as np

from trainer.views import filters


def test_signs_have_colours_and_the_picture_is_large_enough():
    weights = np.zeros((3, 1, 5, 5), np.float32)
    weights[0, 0, 2, 2], weights[1, 0, 2, 2] = 2, -2
    drawn = filters.picture(weights)
    assert (drawn.dtype, drawn.shape[2]) == (np.uint8, 3)
    factor = drawn.shape[1] // 17
    assert drawn.shape == (5 * factor, 17 * factor, 3)
    assert 384 <= drawn.shape[1] < 384 + 17
    small = drawn[::factor, ::factor].astype(int)
    (red, _, blue), (other_red, _, other_blue) = small[2, 2], small[2, 8]
    assert blue > red
    assert other_red > other_blue
    assert (small[0] == 255).all()


def test_weights_that_are_all_alike():
    assert (filters.picture(np.zeros((1, 3, 2, 2), np.float32)) == 255).all()
