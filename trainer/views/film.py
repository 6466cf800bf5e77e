"""Moving pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.ground.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MILLISECONDS = 120  # that a frame is shown
LAST = 2000  # and the last one
COLOURS = 64


class Film:
    """Figures of one size, one after the other, as an endless GIF. Each is drawn when it is written.

    Args:
        frames: At least one.
    """

    def __init__(self, frames: Iterable[Figure]) -> None:
        self.frames = frames

    def write(self, path: Path) -> None:
        """Write a GIF; a file already there is replaced whole."""
        from PIL import Image

        images = []
        for figure in self.frames:
            figure.canvas.draw()
            pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
            images.append(Image.fromarray(pixels).quantize(COLOURS, dither=Image.Dither.NONE))
        first, *others = images
        durations = [MILLISECONDS] * len(others) + [LAST]
        with replacing(path) as temporary:
            first.save(temporary, "GIF", save_all=True, append_images=others, duration=durations, loop=0)
