"""Many small pictures as one."""

from __future__ import annotations

import numpy as np


def as_pictures(values: np.ndarray) -> np.ndarray:
    """Return pictures (N, H, W) or, of three channels, (N, H, W, 3), in [0, 1], of (N, C, H, W).

    uint8 are grey levels; other numbers are scaled from their smallest to their largest.
    """
    scaled = values.astype(np.float64)
    low, high = (0.0, 255.0) if values.dtype == np.uint8 else (scaled.min(), scaled.max())
    scaled = (scaled - low) / max(high - low, 1e-12)
    return scaled[:, 0] if values.shape[1] == 1 else np.moveaxis(scaled, 1, -1)


def mosaic(pictures: np.ndarray, across: int) -> np.ndarray:
    """Return pictures (N, H, W[, 3]) side by side in as many rows as they need, NaN between them and where none is."""
    count, height, width, *rest = pictures.shape
    across = min(across, count)
    down = -(-count // across)
    gap = max(1, min(height, width) // 12)
    whole = np.full((down * (height + gap) - gap, across * (width + gap) - gap, *rest), np.nan)
    for place, picture in enumerate(pictures):
        top, left = (height + gap) * (place // across), (width + gap) * (place % across)
        whole[top : top + height, left : left + width] = picture
    return whole
