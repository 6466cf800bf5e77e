"""Pictures of every kind."""

import os
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from tests.helpers.hostile import png_bytes, refusal
from trainer.datasets import DataError
from trainer.datasets.readers.picture import MAX_PIXELS, look_at_image, quietly, read_image, write_image

GREY = np.random.default_rng(0).integers(0, 256, (6, 5), dtype=np.uint8)
RGB = np.random.default_rng(1).integers(0, 256, (6, 5, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def quiet():
    with quietly():
        yield


def save(image, path, **options):
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "pgm", "gif", "webp"])
def test_grey_pixels_come_through_exactly(suffix, tmp_path):
    path = save(GREY, tmp_path / f"a.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    np.testing.assert_array_equal(read_image(path, (1, 6, 5)), GREY[np.newaxis])
    np.testing.assert_array_equal(read_image(path, (1, 6, 5), invert=True), 255 - GREY[np.newaxis])


def test_colour(tmp_path):
    path = save(RGB, tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(path, (3, 6, 5)), RGB.transpose(2, 0, 1))
    luma = RGB @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(read_image(path, (1, 6, 5))[0], luma, atol=1)
    grey = read_image(save(GREY, tmp_path / "b.png"), (3, 6, 5))
    np.testing.assert_array_equal(grey, np.broadcast_to(GREY, (3, 6, 5)))


def test_jpeg(tmp_path):
    flat = np.full((16, 16), 77, np.uint8)
    np.testing.assert_allclose(read_image(save(flat, tmp_path / "a.jpg"), (1, 16, 16))[0], flat, atol=2)


def test_shrinking_averages(tmp_path):
    checks = np.indices((64, 64)).sum(axis=0) % 2 * 255
    shrunk = read_image(save(checks.astype(np.uint8), tmp_path / "a.png"), (1, 8, 8))
    np.testing.assert_allclose(shrunk, 127.5, atol=3)


def test_sixteen_bits(tmp_path):
    deep = GREY.astype(np.uint16) * 257
    for suffix in ("png", "tif", "pgm"):
        np.testing.assert_array_equal(read_image(save(deep, tmp_path / f"a.{suffix}"), (1, 6, 5))[0], GREY)


def test_palette_bilevel_and_alpha(tmp_path):
    palette = Image.fromarray(RGB).quantize(8)
    expected = np.asarray(palette.convert("RGB")).transpose(2, 0, 1)
    np.testing.assert_array_equal(read_image(save(palette, tmp_path / "p.png"), (3, 6, 5)), expected)
    bilevel = Image.fromarray(GREY > 127)
    np.testing.assert_array_equal(read_image(save(bilevel, tmp_path / "b.png"), (1, 6, 5))[0], (GREY > 127) * 255)
    drawing = np.zeros((6, 5, 4), np.uint8)  # black, all transparent but one pixel
    drawing[2, 3, 3] = 255
    on_white = np.full((6, 5), 255)
    on_white[2, 3] = 0
    np.testing.assert_array_equal(read_image(save(drawing, tmp_path / "t.png"), (1, 6, 5))[0], on_white)


def test_first_frame_and_orientation(tmp_path):
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    path = save(frames[0], tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read_image(path, (1, 6, 5))[0], GREY)
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    np.testing.assert_array_equal(read_image(save(GREY, tmp_path / "b.png", exif=exif), (1, 6, 5))[0], GREY[::-1, ::-1])


@pytest.mark.parametrize("pixels", [GREY, GREY.astype(np.uint16) * 257, RGB], ids=["8 bits", "16 bits", "colour"])
@pytest.mark.parametrize(("turn", "times"), [(3, 2), (6, 3), (8, 1)])
def test_a_picture_is_turned_as_its_camera_says(pixels, turn, times, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = turn
    path = save(pixels, tmp_path / "a.png", exif=exif)
    shape = look_at_image(path)
    expected = np.rot90(RGB if pixels is RGB else GREY, times)
    assert shape == (3 if pixels is RGB else 1, *expected.shape[:2])
    found = read_image(path, shape).transpose(1, 2, 0).squeeze()
    np.testing.assert_array_equal(found, expected)


def test_other_proportions_are_stretched_padded_or_cropped(tmp_path):
    pixels = np.zeros((2, 4), np.uint8)
    pixels[:, 1:3] = 200
    path = save(pixels, tmp_path / "a.png")
    stretched = read_image(path, (1, 2, 2))[0]
    assert stretched.min() == stretched.max()  # as the two halves are alike
    np.testing.assert_array_equal(read_image(path, (1, 2, 2), fit="crop")[0], np.full((2, 2), 200))
    padded = read_image(path, (1, 4, 4), fit="pad", background="#070707")[0]
    np.testing.assert_array_equal(padded, np.pad(pixels, ((1, 1), (0, 0)), constant_values=7))


def test_transparent_parts_take_the_background(tmp_path):
    path = save(np.zeros((2, 2, 4), np.uint8), tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(path, (1, 2, 2), background="#303030")[0], np.full((2, 2), 0x30))


def test_written_as_seen(tmp_path):
    for pixels in (GREY[np.newaxis], np.ascontiguousarray(RGB.transpose(2, 0, 1))):
        write_image(pixels, tmp_path / "a.png")
        np.testing.assert_array_equal(read_image(tmp_path / "a.png", pixels.shape), pixels)


def test_floating_point_picture(tmp_path):
    with pytest.raises(DataError, match="floating-point"):
        read_image(save(GREY.astype(np.float32), tmp_path / "a.tif"), (1, 6, 5))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b"\x89PNG\r\n\x1a\n",
        png_bytes(1 << 15, 1 << 15),  # a bomb: a gigapixel
        png_bytes((1 << 31) - 1, (1 << 31) - 1),
        png_bytes(4000, 4000, data=b"\0"),  # declares far more than it has
        png_bytes(0, 5),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",  # would start Ghostscript
        b"P5 99999999999 99999999999 255\n",
        b"GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x08",
        b"BM" + b"\xff" * 60,
        b"II*\x00\x08\x00\x00\x00\xff\xff" + b"\xff" * 64,
    ],
)
def test_hostile_pictures(content, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"a\.png: ") as caught:
            read_image(path, (1, 8, 8))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value)


def test_truncated_everywhere(tmp_path):
    for suffix in ("png", "jpg", "bmp", "tif", "gif", "webp"):
        whole = save(RGB, tmp_path / f"whole.{suffix}").read_bytes()
        cut = tmp_path / f"cut.{suffix}"
        for size in range(0, len(whole) - 12, max(1, len(whole) // 40)):
            cut.write_bytes(whole[:size])
            assert "\n" not in refusal(DataError, read_image, cut, (3, 6, 5))  # some decoders do without the last bytes


def test_no_files(tmp_path):
    with pytest.raises(DataError, match=r"none\.png: no such file"):
        read_image(tmp_path / "none.png", (1, 8, 8))
    with pytest.raises(DataError, match="not a file"):
        read_image(tmp_path, (1, 8, 8))
    assert MAX_PIXELS < 1 << 27


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(DataError, match="not a file"):
        read_image(tmp_path / "a.png", (1, 8, 8))
