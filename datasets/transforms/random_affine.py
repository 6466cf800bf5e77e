"""Random turns, scalings, shears and shifts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.transforms.transform import Augmentation, image_shape
from trainer.ground.options import check_range

BLOCK = 1 << 14  # pixels at a time, which the processor's cache holds


class RandomAffine(Augmentation):
    """Turn, scale, shear and shift an image about its centre, with bilinear interpolation.

    Places that come from outside the image are filled with `fill`.

    Args:
        degrees: Turn by an angle in [−degrees, degrees].
        scale: Enlarge by a factor in [scale[0], scale[1]].
        shear: Shear along the rows by an angle in [−shear, shear] degrees.
        translate: Shift by up to this share of the size, down or up and right or left.
        fill: A value of the image's type; a pixel of 0 is black.
    """

    def __init__(
        self,
        degrees: float = 0.0,
        scale: Sequence[float] = (1.0, 1.0),
        shear: float = 0.0,
        translate: float = 0.0,
        fill: float = 0.0,
    ) -> None:
        check_range("degrees", degrees, "[0, 180]")
        check_range("shear", shear, "[0, 90)")
        check_range("translate", translate, "[0, 1]")
        if len(scale) != 2 or not 0 < scale[0] <= scale[1] < math.inf:
            raise ValueError(f"scale: {list(scale)} is not [least, most], both positive")
        self.degrees, self.scale, self.shear = degrees, tuple(scale), shear
        self.translate, self.fill = translate, fill

    def check(self, shape: tuple[int, ...]) -> None:
        image_shape(self, shape, "augment")

    def __call__(self, batch: np.ndarray, draw: Draw) -> np.ndarray:
        *_, height, width = batch.shape
        angle = np.deg2rad(draw.uniform(-self.degrees, self.degrees))
        least, most = self.scale
        scale = draw.uniform(least, most)
        slope = np.tan(np.deg2rad(draw.uniform(-self.shear, self.shear)))
        shift = draw.uniform(-self.translate, self.translate, size=(2,)) * (height, width)
        # Where each pixel comes from: the inverse of shear, then scale, then turn, then shift.
        y = np.arange(height) - (height - 1) / 2 - shift[:, :1]  # (n, H)
        x = np.arange(width) - (width - 1) / 2 - shift[:, 1:]  # (n, W)
        cos, sin = (each(angle)[:, None] / scale[:, None] for each in (np.cos, np.sin))
        found = np.empty_like(batch)
        images = max(1, BLOCK // (height * width))
        for start in range(0, len(batch), images):
            part = slice(start, start + images)
            places = _places(*(each[part] for each in (y, x, cos, sin, slope)))
            _sample(batch[part], *places, self.fill, found[part])
        return found


def _places(
    y: np.ndarray, x: np.ndarray, cos: np.ndarray, sin: np.ndarray, slope: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return where each pixel of n images comes from, down and right of the centre: float64 (n, H, W) each.

    Args:
        y, x: The pixels' rows and columns from the centre, (n, H) and (n, W).
        cos, sin: The cosine and sine of the turn, divided by the scale, (n, 1).
        slope: The slope of the shear, (n,).
    """
    down = (cos * y)[:, :, None] - (sin * x)[:, None, :]
    right = (cos * x)[:, None, :] + (sin * y)[:, :, None]
    right -= slope[:, None, None] * down
    return down, right


def _sample(images: np.ndarray, down: np.ndarray, right: np.ndarray, fill: float, out: np.ndarray) -> None:
    """Write images (n, C, H, W) to `out`, interpolated at these places, which are overwritten; `fill` outside.

    The four pixels around a place lie side by side in memory, so that one index finds them.
    """
    count, channels, height, width = images.shape
    top, left = _split(down, height), _split(right, width)
    top *= width + 1
    top += left
    top += np.arange(0, count * (height + 1) * (width + 1), (height + 1) * (width + 1))[:, None, None]
    corner = top.astype(np.intp).reshape(-1)
    dtype = np.result_type(images.dtype, np.float32)
    lower, later = (each.astype(np.float32).reshape(-1) for each in (down, right))
    upper, earlier = 1 - lower, 1 - later
    around = np.full((count, height + 1, width + 1, 4), fill, images.dtype)
    four = np.empty((corner.size, 4), images.dtype)
    for channel in range(channels):
        image = images[:, channel]
        around[:, 1:, 1:, 0], around[:, 1:, :-1, 1] = image, image
        around[:, :-1, 1:, 2], around[:, :-1, :-1, 3] = image, image
        np.take(around.reshape(-1, 4), corner, axis=0, out=four, mode="clip")  # any other mode copies once more
        corners = four.T.astype(dtype, order="C")
        corners[::2] *= earlier
        corners[1::2] *= later
        above, below = corners[0], corners[2]
        above += corners[1]
        below += corners[3]
        above *= upper
        below *= lower
        above += below
        if images.dtype == np.uint8:
            np.rint(above, out=above)
        np.copyto(out[:, channel], above.reshape(count, height, width), casting="unsafe")


def _split(place: np.ndarray, length: int) -> np.ndarray:
    """Return the number of the pixel before each place, where 0 is the one before the first; keep what is beyond it."""
    place += (length - 1) / 2
    place += 1
    np.clip(place, 0, length + 1, out=place)
    before = np.trunc(place)
    np.clip(before, 0, length, out=before)
    place -= before
    return before
