"""Random erasing of rectangles."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.transforms.transform import Augmentation, image_shape
from trainer.ground.options import check_range


class RandomErasing(Augmentation):
    """Fill a random rectangle of an image (Zhong et al., Random Erasing Data Augmentation, AAAI 2020).

    Args:
        p: Probability that an image gets one.
        area: Range [least, most] of the rectangle's area, as a share of the image.
        ratio: Height over width lies in [1 / ratio, ratio], with a uniform logarithm.
        fill: What the rectangle is filled with.
    """

    def __init__(
        self, p: float = 0.5, area: Sequence[float] = (0.02, 0.33), ratio: float = 3.3, fill: float = 0.0
    ) -> None:
        check_range("p", p, "[0, 1]")
        check_range("ratio", ratio, "[1, inf)")
        if len(area) != 2 or not 0 < area[0] <= area[1] <= 1:
            raise ValueError(f"area: {list(area)} is not [least, most] in (0, 1]")
        self.p, self.area, self.ratio, self.fill = p, tuple(area), ratio, fill

    def check(self, shape: tuple[int, ...]) -> None:
        image_shape(self, shape, "augment")

    def __call__(self, batch: np.ndarray, draw: Draw) -> np.ndarray:
        *_, height, width = batch.shape
        erased = draw.coin(self.p)
        least, most = self.area
        size = draw.uniform(least, most) * height * width
        ratio = np.exp(draw.uniform(-math.log(self.ratio), math.log(self.ratio)))
        tall = np.clip(np.rint(np.sqrt(size * ratio)), 1, height).astype(np.int64)
        wide = np.clip(np.rint(np.sqrt(size / ratio)), 1, width).astype(np.int64)
        top, left = draw.integers(height - tall + 1), draw.integers(width - wide + 1)
        rows, columns = np.arange(height), np.arange(width)
        inside = (rows >= top[:, None]) & (rows < (top + tall)[:, None])
        across = (columns >= left[:, None]) & (columns < (left + wide)[:, None])
        hidden = erased[:, None, None] & inside[:, :, None] & across[:, None, :]
        batch[np.broadcast_to(hidden[:, None], batch.shape)] = self.fill
        return batch
