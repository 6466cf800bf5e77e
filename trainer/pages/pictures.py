"""Pictures inside pages."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from trainer.pages.page import BLUE, ORANGE

COMPRESSION = 1  # of zlib: half to a quarter of the time of its usual 6, and 7 % larger at most


def png(pixels: np.ndarray) -> str:
    """Return pixels (H, W, C) uint8, of 1, 3 or 4 channels, as the address of a PNG."""
    out = io.BytesIO()
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    image.save(out, "PNG", compress_level=COMPRESSION)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def signed(values: np.ndarray) -> np.ndarray:
    """Return values from -1 to 1, (...), as pixels (..., 4): positive ones blue, negative ones orange.

    The smaller a value, the more of the page is seen through it, so the picture suits light and dark.
    """
    pixels = np.zeros((*values.shape, 4), np.uint8)
    pixels[..., :3] = np.where(values[..., None] > 0, BLUE, ORANGE)
    pixels[..., 3] = 255 * np.abs(values)
    return pixels


def tiled(pictures: np.ndarray, across: int, gap: int = 0) -> np.ndarray:
    """Return pictures (n, H, W, C) as one, with this many in a row, and as many empty pixels behind and below each."""
    count, height, width, channels = pictures.shape
    height, width = height + gap, width + gap
    across = min(across, max(1, count))
    down = -(-count // across)
    cells = np.zeros((down * across, height, width, channels), np.uint8)
    cells[:count, : height - gap, : width - gap] = pictures
    cells = cells.reshape(down, across, height, width, channels).swapaxes(1, 2)
    return cells.reshape(down * height, across * width, channels)
