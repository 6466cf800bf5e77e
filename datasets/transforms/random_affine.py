"""Random turns, scalings, shears and shifts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.transforms.transform import Augmentation, image_shape
from trainer.ground.options import check_range


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
        y, x = np.indices((height, width), np.float64).reshape(2, 1, -1)
        y = y - (height - 1) / 2 - shift[:, :1]
        x = x - (width - 1) / 2 - shift[:, 1:]
        cos, sin = (each(angle)[:, None] / scale[:, None] for each in (np.cos, np.sin))
        x, y = cos * x + sin * y, cos * y - sin * x
        x -= slope[:, None] * y
        return _sampled(batch, y + (height - 1) / 2, x + (width - 1) / 2, self.fill)


def _sampled(images: np.ndarray, y: np.ndarray, x: np.ndarray, fill: float) -> np.ndarray:
    """Return images (N, C, H, W), interpolated at places y, x (N, H·W) of each; `fill` outside."""
    count, channels, height, width = images.shape
    padded = np.full((count, height + 2, width + 2, channels), fill, images.dtype)
    padded[:, 1:-1, 1:-1] = images.transpose(0, 2, 3, 1)
    flat = padded.reshape(-1, channels)
    y, x = np.clip(y + 1, 0, height + 1), np.clip(x + 1, 0, width + 1)
    top, left = np.minimum(y.astype(np.int64), height), np.minimum(x.astype(np.int64), width)
    down, right = (each.astype(np.float32)[..., None] for each in (y - top, x - left))
    corner = (np.arange(count)[:, None] * (height + 2) + top) * (width + 2) + left
    above = flat[corner] * (1 - right) + flat[corner + 1] * right
    below = flat[corner + width + 2] * (1 - right) + flat[corner + width + 3] * right
    found = above * (1 - down) + below * down
    if images.dtype == np.uint8:
        found = np.rint(found)
    return found.reshape(count, height, width, channels).transpose(0, 3, 1, 2).astype(images.dtype)
