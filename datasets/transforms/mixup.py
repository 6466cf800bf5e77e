"""Mixup."""

from __future__ import annotations

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.transforms.mixing import Mixing


class Mixup(Mixing):
    """Blend two examples: ``λ x + (1 − λ) x'`` (H. Zhang and others: mixup: Beyond Empirical Risk Minimization, 2018).

    Pixels are rounded.

    Args:
        alpha: The share λ that an example keeps of itself comes from Beta(α, α); see `Mixing`.
        p: Probability that an example is mixed at all.
    """

    def __init__(self, alpha: float = 0.2, p: float = 1.0) -> None:
        super().__init__(alpha, p)

    def check(self, shape: tuple[int, ...]) -> None:
        pass  # examples of any shape

    def __call__(self, batch: np.ndarray, partners: np.ndarray, draw: Draw) -> np.ndarray:
        keep = self.shares(draw)
        own = keep.astype(np.float32 if batch.dtype == np.uint8 else batch.dtype)
        own = own.reshape(-1, *[1] * (batch.ndim - 1))
        mixed = batch * own
        mixed += partners * (1 - own)
        if batch.dtype == np.uint8:
            np.rint(mixed, out=mixed)
        np.copyto(batch, mixed, casting="unsafe")
        return keep
