"""Padding of images."""

from __future__ import annotations

import numpy as np

from trainer.datasets.transforms.transform import Transform, image_shape
from trainer.ground.options import check_range


class Pad(Transform):
    """Surround each image by `padding` pixels of `value` on every side."""

    def __init__(self, padding: int, value: int = 0) -> None:
        check_range("padding", padding, "[0, inf)")
        check_range("value", value, "[0, 255]")
        self.padding = padding
        self.value = value

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        channels, height, width = image_shape(self, shape)
        return channels, height + 2 * self.padding, width + 2 * self.padding

    def __call__(self, images: np.ndarray) -> np.ndarray:
        border = (self.padding, self.padding)
        return np.pad(images, ((0, 0), (0, 0), border, border), constant_values=self.value)
