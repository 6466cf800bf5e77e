"""Views of an image, of which predictions may be means."""

import numpy as np
import pytest

from trainer.datasets.transforms import View, views

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 2, 5, 6)).astype(np.uint8)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(("down", "right"), [(0, 0), (1, 0), (-2, 0), (0, 2), (0, -1), (2, -1)])
def test_a_shift_shows_the_image_mirrored_at_its_border(dtype, down, right):
    images, edge = IMAGES.astype(dtype), 2
    padded = np.pad(images, ((0, 0), (0, 0), (edge, edge), (edge, edge)), mode="reflect")
    expected = padded[:, :, edge - down : edge - down + 5, edge - right : edge - right + 6]
    found = View(down=down, right=right)(images)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == dtype
    np.testing.assert_array_equal(View(True, down, right)(images), expected[..., ::-1])


@pytest.mark.parametrize(
    ("names", "count"), [([], 1), (["flip"], 2), (["shift"], 5), (["flip", "shift"], 10), (["shift=2", "flip"], 10)]
)
def test_all_that_is_asked_for_together(names, count):
    found = [view(IMAGES).tobytes() for view in views(names)]
    assert found[0] == IMAGES.tobytes()
    assert len(set(found)) == len(found) == count
    assert (IMAGES[..., ::-1].tobytes() in found) is ("flip" in names)
    by = 2 if "shift=2" in names else 1
    assert (View(down=-by)(IMAGES).tobytes() in found) is any("shift" in name for name in names)


@pytest.mark.parametrize("name", ["", "flop", "flip=1", "shift=0", "shift=-1", "shift=", "shift=1.5", "shift2"])
def test_others_are_refused(name):
    with pytest.raises(ValueError, match=f"'{name}' is not a view of an image; give flip or shift, or shift=2"):
        views(["flip", name])


def test_what_does_not_fit():
    with pytest.raises(ValueError, match="the network takes no images; leave it out"):
        View().output_shape((13,))
    with pytest.raises(ValueError, match="a shift by 5 pixels leaves nothing of images 5x6; take less"):
        View(right=-5).output_shape((1, 5, 6))
    assert View(right=4).output_shape((1, 5, 6)) == (1, 5, 6)
