"""Random noise."""

from __future__ import annotations

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.transforms.transform import Augmentation
from trainer.ground.options import check_range


class GaussianNoise(Augmentation):
    """Add normally distributed noise to every value; pixels stay in 0..255.

    Args:
        std: Its deviation, in units of pixels scaled to [0, 1], or of the values themselves if they are floats.
    """

    def __init__(self, std: float = 0.05) -> None:
        check_range("std", std, "(0, inf)")
        self.std = std

    def check(self, shape: tuple[int, ...]) -> None:
        pass  # examples of any shape

    def __call__(self, batch: np.ndarray, draw: Draw) -> np.ndarray:
        dtype = np.float64 if batch.dtype == np.float64 else np.float32
        if batch.dtype != np.uint8:
            return batch + draw.normal(0, self.std, batch.shape[1:], dtype).astype(batch.dtype, copy=False)
        noisy = draw.normal(0, 255 * self.std, batch.shape[1:], dtype)
        noisy += batch
        np.rint(noisy, out=noisy)
        return np.clip(noisy, 0, 255, out=noisy).astype(np.uint8)
