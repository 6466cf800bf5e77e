"""Random crops."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from trainer.datasets.draw import Draw
from trainer.datasets.transforms.transform import Augmentation, image_shape
from trainer.ground.options import check_range


class RandomCrop(Augmentation):
    """Surround an image by `padding` pixels and cut out one of the old size, which shifts it by up to `padding`.

    Args:
        padding: Pixels on every side.
        mode: What they show: "reflect", the image mirrored at its border, or "zeros".
    """

    def __init__(self, padding: int = 4, mode: Literal["reflect", "zeros"] = "reflect") -> None:
        check_range("padding", padding, "[1, inf)")
        self.padding, self.mode = padding, mode

    def check(self, shape: tuple[int, ...]) -> None:
        _, height, width = image_shape(self, shape, "augment")
        if self.mode == "reflect" and self.padding >= min(height, width):
            raise ValueError(f"padding: {self.padding} is not smaller than the image, {height}x{width}")

    def __call__(self, batch: np.ndarray, draw: Draw) -> np.ndarray:
        *_, height, width = batch.shape
        windows = sliding_window_view(self._padded(batch), (height, width), axis=(2, 3))
        down, right = draw.integers(2 * self.padding + 1, size=(2,)).T
        return windows[np.arange(len(batch)), :, down, right]

    def _padded(self, batch: np.ndarray) -> np.ndarray:
        edge = self.padding
        *count, height, width = batch.shape
        padded = np.zeros((*count, height + 2 * edge, width + 2 * edge), batch.dtype)
        padded[..., edge:-edge, edge:-edge] = batch
        if self.mode == "reflect":  # line by line, three times as fast as np.pad
            first, last = edge, -1 - edge
            for far in range(1, edge + 1):
                padded[..., first - far, :] = padded[..., first + far, :]
                padded[..., last + far, :] = padded[..., last - far, :]
            for far in range(1, edge + 1):
                padded[..., first - far] = padded[..., first + far]
                padded[..., last + far] = padded[..., last - far]
        return padded
