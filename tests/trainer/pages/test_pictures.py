"""Pictures inside pages: that the pixels arrive."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from trainer.pages.page import BLUE, ORANGE
from trainer.pages.pictures import png, signed, tiled


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_png_holds_the_pixels(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), np.uint8)
    data = base64.b64decode(png(pixels).removeprefix("data:image/png;base64,"))
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))).reshape(pixels.shape), pixels)


def test_the_sign_is_the_colour_and_the_size_its_depth():
    assert signed(np.array([1, -1, 0.5, 0])).tolist() == [[*BLUE, 255], [*ORANGE, 255], [*BLUE, 127], [*ORANGE, 0]]


def test_pictures_lie_in_rows_with_gaps():
    pictures = np.arange(1, 4, dtype=np.uint8).reshape(3, 1, 1, 1) * np.ones((1, 1, 2, 1), np.uint8)
    assert tiled(pictures, 2)[..., 0].tolist() == [[1, 1, 2, 2], [3, 3, 0, 0]]
    assert tiled(pictures[:1], 5, gap=1)[..., 0].tolist() == [[1, 1, 0], [0, 0, 0]]
