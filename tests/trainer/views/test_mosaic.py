"""Many small pictures as one."""

import numpy as np

from trainer.views.mosaic import as_pictures, mosaic


def test_pixels_keep_their_grey_and_numbers_are_scaled():
    assert as_pictures(np.full((1, 1, 2, 2), 51, np.uint8))[0, 0, 0] == 0.2
    scaled = as_pictures(np.array([-1.0, 0.0, 3.0, 1.0]).reshape(1, 1, 2, 2))
    np.testing.assert_allclose(scaled[0], [[0, 0.25], [1, 0.5]])
    assert as_pictures(np.zeros((4, 3, 5, 6), np.uint8)).shape == (4, 5, 6, 3)


def test_places_in_a_mosaic():
    whole = mosaic(np.arange(3.0)[:, np.newaxis, np.newaxis] * np.ones((3, 2, 2)), across=2)
    assert whole.shape == (5, 5)
    np.testing.assert_array_equal(whole[:2, :2], 0)
    np.testing.assert_array_equal(whole[:2, 3:], 1)
    np.testing.assert_array_equal(whole[3:, :2], 2)
    assert np.isnan(whole[3:, 3:]).all()
    assert np.isnan(whole[2]).all()
