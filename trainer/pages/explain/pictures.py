"""Values as small pictures inside a page: positive ones blue, negative ones orange, nothing transparent."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from trainer.pages.page import BLUE, ORANGE

MOST_CHANNELS = 16
SMALLEST, LARGEST = 4, 16  # pixels of the picture for each value
HEIGHT = 64  # of a picture of few rows


def sheet(values: np.ndarray) -> str:
    """Return values as the PNG in a data URI: the first channels of an image or of kernels side by side.

    Args:
        values: (F), drawn as a row; (H, W); (C, H, W); or kernels (O, C, H, W).
    """
    images = values.reshape(-1, *(1, 1, *values.shape)[-2:])[:MOST_CHANNELS]
    shares = images / max(float(np.abs(images).max(initial=0.0)), 1e-12)
    pixels = np.zeros((*images.shape, 4), np.uint8)
    pixels[..., :3] = np.where(shares[..., None] > 0, BLUE, ORANGE)
    pixels[..., 3] = 255 * np.abs(shares)
    framed = np.pad(pixels, ((0, 0), (0, 0), (0, 1), (0, 0)))
    wide = np.concatenate([*framed], axis=1)
    scale = max(SMALLEST, min(LARGEST, HEIGHT // len(wide)))
    image = Image.fromarray(wide.repeat(scale, axis=0).repeat(scale, axis=1), "RGBA")
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode('ascii')}"
