"""Values as pictures."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from trainer.pages.explain.pictures import sheet
from trainer.pages.page import BLUE, ORANGE


def opened(values: np.ndarray) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet(values).partition(",")[2]))))


def test_colours():
    pixels = opened(np.array([1.0, -1.0, 0.0]))
    middle = pixels[8, 8::16]
    assert [tuple(each) for each in middle[:2].tolist()] == [(*BLUE, 255), (*ORANGE, 255)]
    assert middle[2, 3] == 0


@pytest.mark.parametrize(
    ("shape", "rows", "columns"), [((7,), 1, 8), ((2, 3), 2, 4), ((20, 8, 8), 8, 16 * 9), ((2, 3, 5, 5), 5, 6 * 6)]
)
def test_shapes(shape, rows, columns):
    height, width, _ = opened(np.ones(shape)).shape
    assert height / rows == width / columns


def test_only_zeros_are_drawn_too():
    assert opened(np.zeros((1, 4, 4)))[..., 3].max() == 0
