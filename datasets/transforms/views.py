"""Views of an image: a prediction may be the mean of those for several of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.datasets.transforms.transform import Transform

FLIP, SHIFT = "flip", "shift"
KNOWN = f"{FLIP} or {SHIFT}, or {SHIFT}=2 for two pixels"


class View(Transform):
    """An image, mirrored or not, and shifted; what a shift uncovers shows the image mirrored at its border.

    Args:
        mirrored: Left and right.
        down, right: Pixels by which it is shifted, before it is mirrored; negative: up, left.
    """

    def __init__(self, mirrored: bool = False, down: int = 0, right: int = 0) -> None:
        self.mirrored, self.down, self.right = mirrored, down, right

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != 3:
            raise ValueError("the network takes no images; leave it out")
        shift = max(abs(self.down), abs(self.right))
        if shift >= min(shape[1:]):
            raise ValueError(f"a shift by {shift} pixels leaves nothing of images {shape[1]}x{shape[2]}; take less")
        return shape

    def __call__(self, images: np.ndarray) -> np.ndarray:
        height, width = images.shape[-2:]
        rows, columns = _from(height, self.down), _from(width, self.right)
        return images.take(rows, axis=-2).take(columns[::-1] if self.mirrored else columns, axis=-1)


def views(names: Sequence[str]) -> list[View]:
    """Return the image as it is and all others that `names` ask for together.

    Args:
        names: "flip", also mirrored left and right; "shift", also shifted by one pixel up, down, left and right, or
            "shift=2" by two.

    Raises:
        ValueError: There is no such view.
    """
    sides, shifts = [False], [(0, 0)]
    for name in names:
        kind, _, pixels = name.partition("=")
        if name == FLIP:
            sides = [False, True]
        elif kind == SHIFT and (name == SHIFT or pixels.isdecimal()) and (by := int(pixels or 1)):
            shifts = [(0, 0), (-by, 0), (by, 0), (0, -by), (0, by)]
        else:
            raise ValueError(f"'{name}' is not a view of an image; give {KNOWN}")
    return [View(mirrored, down, right) for mirrored in sides for down, right in shifts]


def _from(length: int, shift: int) -> np.ndarray:
    """Return where each of `length` pixels comes from, (length,)."""
    last = length - 1
    return last - np.abs(last - np.abs(np.arange(length) - shift))
