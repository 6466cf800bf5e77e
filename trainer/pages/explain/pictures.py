"""Values as small pictures inside a page."""

from __future__ import annotations

import numpy as np

from trainer.pages.pictures import png, signed, tiled

MOST_CHANNELS = 16
SMALLEST, LARGEST = 4, 16  # pixels of the picture for each value
HEIGHT = 64  # of a picture of few rows


def sheet(values: np.ndarray) -> str:
    """Return values as the PNG in a data URI: the first channels of an image or of kernels side by side.

    Args:
        values: (F), drawn as a row; (H, W); (C, H, W); or kernels (O, C, H, W).
    """
    images = values.reshape(-1, *(1, 1, *values.shape)[-2:])[:MOST_CHANNELS]
    pixels = tiled(signed(images / max(float(np.abs(images).max(initial=0.0)), 1e-12)), len(images), gap=1)[:-1]
    scale = max(SMALLEST, min(LARGEST, HEIGHT // len(pixels)))
    return png(pixels.repeat(scale, axis=0).repeat(scale, axis=1))
