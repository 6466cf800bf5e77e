"""Random changes of brightness and contrast."""

from __future__ import annotations

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.transforms.transform import Augmentation, image_shape
from trainer.ground.options import check_range


class ColorJitter(Augmentation):
    """Make an image lighter or darker, and its contrast stronger or weaker.

    The contrast changes about the image's own mean; pixels stay in 0..255.

    Args:
        brightness: All pixels are multiplied by a factor in [1 − brightness, 1 + brightness].
        contrast: Their distance from the mean is multiplied by a factor in [1 − contrast, 1 + contrast].
    """

    def __init__(self, brightness: float = 0.2, contrast: float = 0.2) -> None:
        check_range("brightness", brightness, "[0, 1]")
        check_range("contrast", contrast, "[0, 1]")
        self.brightness, self.contrast = brightness, contrast

    def check(self, shape: tuple[int, ...]) -> None:
        image_shape(self, shape, "augment")

    def __call__(self, batch: np.ndarray, draw: Draw) -> np.ndarray:
        each = (-1, 1, 1, 1)
        light = draw.uniform(1 - self.brightness, 1 + self.brightness).astype(np.float32)
        contrast = draw.uniform(1 - self.contrast, 1 + self.contrast).astype(np.float32)
        mean = batch.mean(axis=(1, 2, 3), dtype=np.float64).astype(np.float32)
        # contrast (x light − mean light) + mean light = x (contrast light) + mean light (1 − contrast)
        images = batch * (contrast * light).reshape(each)
        images += (mean * light * (1 - contrast)).reshape(each)
        if batch.dtype == np.uint8:
            np.rint(images, out=images)
            np.clip(images, 0, 255, out=images)
        return images.astype(batch.dtype, copy=False)
