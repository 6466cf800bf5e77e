"""Resizing of images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.datasets.transforms.transform import Transform, image_shape

CHUNK = 1024  # images at a time, which limits the temporary float arrays


class Resize(Transform):
    """Resize to `size` = [height, width] by bilinear interpolation between pixel centres.

    This is the rule of PyTorch's interpolate(mode="bilinear", align_corners=False), rounded to the nearest integer. It
    is meant for enlarging; shrinking does not average. Elementwise arithmetic gives the same bytes on every machine.
    """

    def __init__(self, size: Sequence[int]) -> None:
        self.size = tuple(int(length) for length in size)
        if len(self.size) != 2 or min(self.size) < 1:
            raise ValueError(f"size: {list(self.size)} is not [height, width], each at least 1")

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (image_shape(self, shape)[0], *self.size)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        resized = np.empty((len(images), *self.output_shape(images.shape[1:])), dtype=np.uint8)
        for start in range(0, len(images), CHUNK):
            chunk = images[start : start + CHUNK].astype(np.float32)
            for axis, length in zip((-2, -1), self.size, strict=True):
                chunk = _interpolate(chunk, axis, length)
            resized[start : start + CHUNK] = np.rint(chunk)
        return resized


def _interpolate(values: np.ndarray, axis: int, length: int) -> np.ndarray:
    """Stretch one axis of a float32 array to `length` values, linearly between pixel centres; edges repeat."""
    last = values.shape[axis] - 1
    position = np.clip((np.arange(length) + 0.5) * (last + 1) / length - 0.5, 0, last)
    lower = position.astype(np.intp)
    weight = (position - lower).astype(np.float32)
    if axis == -2:
        weight = weight[:, np.newaxis]
    below = np.take(values, lower, axis)
    above = np.take(values, np.minimum(lower + 1, last), axis)
    return below + weight * (above - below)
