"""Examples as the page's script gets them."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from trainer.datasets import Examples
from trainer.pages.report import predictions
from trainer.pages.report.examples import bytes_of, look, sheet, shown_inputs, visible
from trainer.pages.report.predictions import inputs_of


def pixels_of(examples: dict) -> np.ndarray:
    data = base64.b64decode(examples["sheet"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)))


def test_pictures_lie_side_by_side_in_one():
    pictures = np.random.default_rng(0).integers(0, 256, (35, 3, 4, 6), np.uint8)
    found = sheet(pictures)
    assert (found["width"], found["height"], found["across"]) == (6, 4, 32)
    whole = pixels_of(found)
    assert whole.shape == (8, 192, 3)
    for place in (0, 31, 34):
        y, x = divmod(place, 32)
        np.testing.assert_array_equal(whole[4 * y : 4 * y + 4, 6 * x : 6 * x + 6], np.moveaxis(pictures[place], 0, -1))


def test_large_pictures_are_shrunk_and_floats_become_bytes():
    found = sheet(np.zeros((2, 1, 300, 150), np.float32))
    assert (found["width"], found["height"]) == (36, 72)
    assert bytes_of(np.array([[-1.0, 0.0, 1.0]])).tolist() == [[0, 127, 255]]


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_large_pictures_are_shrunk_as_they_are_read(digits, monkeypatch, dtype):
    images = np.random.default_rng(0).integers(0, 256, (5, 1, 96, 80)).astype(dtype)
    source = Examples(images, np.zeros(5, np.int64))
    monkeypatch.setattr(predictions, "CHUNK_BYTES", 2 * images[0].nbytes)
    found = shown_inputs(digits.network.dataset, source, [4, 0, 3])
    assert found["input"].shape == (3, 1, 72, 60)
    np.testing.assert_allclose(found["input"].mean(axis=(2, 3)), images[[4, 0, 3]].mean(axis=(2, 3)), rtol=0.01)
    assert sheet(found["input"]) == sheet(images[[4, 0, 3]])


def test_rows_of_a_table_are_as_they_stood_there(prices):
    found = look(prices.network.dataset, inputs_of(prices.predictions.source, [0, 1]))
    assert found["kind"] == "rows"
    assert found["header"] == ["area", "rooms", "kind", "place", "garden", "built"]
    assert found["rows"][0][4] in ("yes", "no")


def test_texts_show_their_ends(writer):
    found = look(writer.network.dataset, inputs_of(writer.predictions.source, [0]))
    assert (found["header"], len(found["rows"][0][0])) == (["text"], 8)
    assert [visible(text) for text in (" ", "\n", "a b", "\u202e\u200d")] == ["␣", "¶", "a b", "\\u202e\\u200d"]
