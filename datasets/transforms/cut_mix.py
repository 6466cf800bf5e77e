"""CutMix."""

from __future__ import annotations

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.transforms.mixing import Mixing
from trainer.datasets.transforms.transform import image_shape


class CutMix(Mixing):
    """Replace a rectangle of an image by the same rectangle of another one (S. Yun and others: CutMix, 2019).

    The rectangle has the proportions of the image and 1 − λ of its area; its centre may be anywhere, and what lies
    outside the image is cut off. The share that an image keeps is that of its pixels.

    Args:
        alpha: λ comes from Beta(α, α); see `Mixing`.
        p: Probability that an example is mixed at all.
    """

    def __init__(self, alpha: float = 1.0, p: float = 1.0) -> None:
        super().__init__(alpha, p)

    def check(self, shape: tuple[int, ...]) -> None:
        image_shape(self, shape, "augment")

    def __call__(self, batch: np.ndarray, partners: np.ndarray, draw: Draw) -> np.ndarray:
        *_, height, width = batch.shape
        side = np.sqrt(1 - self.shares(draw))
        rows, columns = (_within(length, side, draw) for length in (height, width))
        np.copyto(batch, partners, where=(rows[:, :, None] & columns[:, None, :])[:, None])
        return 1 - rows.sum(axis=1) * columns.sum(axis=1) / (height * width)


def _within(length: int, share: np.ndarray, draw: Draw) -> np.ndarray:
    """Return which places lie in an interval of `length * share` around a random place: bool (n, length)."""
    half = (length * share).astype(np.int64) // 2  # as the authors' code rounds
    centre = draw.integers(length)
    places = np.arange(length)
    return (places >= (centre - half)[:, None]) & (places < (centre + half)[:, None])
