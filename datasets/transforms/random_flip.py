from __future__ import annotations

from typing import Literal

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.transforms.transform import Augmentation, image_shape
from trainer.ground.options import check_range


class RandomFlip(Augmentation):
    """Mirror an image with probability p: left and right, or with axis="vertical" top and bottom."""

    def __init__(self, p: float = 0.5, axis: Literal["horizontal", "vertical"] = "horizontal") -> None:
        check_range("p", p, "[0, 1]")
        self.p, self.axis = p, axis

    def check(self, shape: tuple[int, ...]) -> None:
        image_shape(self, shape, "augment")

    def __call__(self, batch: np.ndarray, draw: Draw) -> np.ndarray:
        flipped = draw.coin(self.p)
        images = batch[flipped]
        batch[flipped] = images[..., ::-1] if self.axis == "horizontal" else images[..., ::-1, :]
        return batch
