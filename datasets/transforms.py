"""Transforms of whole image sets: applied once, when the data is loaded, to uint8 images (N, C, H, W)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

CHUNK = 1024  # images resized at a time: bounds the temporary float arrays


class Transform(ABC):
    """uint8 images in, uint8 images out; the arguments stay as they are."""

    @abstractmethod
    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape (C, H, W) of the image that an image of `shape` becomes. Raises ValueError if there is none."""

    @abstractmethod
    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Images (N, C, H, W) uint8 -> (N, C', H', W') uint8."""


class Resize(Transform):
    """Resize to `size` = [height, width] by bilinear interpolation between pixel centres.

    The same rule as PyTorch's interpolate(mode="bilinear", align_corners=False), rounded to the nearest integer;
    meant for enlarging (shrinking does not average). Only elementwise arithmetic: the same bytes on every machine.
    """

    def __init__(self, size: Sequence[int]) -> None:
        self.size = tuple(int(length) for length in size)
        if len(self.size) != 2 or min(self.size) < 1:
            raise ValueError(f"size: {list(self.size)} is not [height, width], each at least 1")

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (_image_shape(self, shape)[0], *self.size)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        resized = np.empty((len(images), *self.output_shape(images.shape[1:])), dtype=np.uint8)
        for start in range(0, len(images), CHUNK):
            chunk = images[start : start + CHUNK].astype(np.float32)
            for axis, length in zip((-2, -1), self.size, strict=True):
                chunk = _interpolate(chunk, axis, length)
            resized[start : start + CHUNK] = np.rint(chunk)
        return resized


class Pad(Transform):
    """Surround each image by `padding` pixels of `value` on every side."""

    def __init__(self, padding: int, value: int = 0) -> None:
        if padding < 0:
            raise ValueError(f"padding: {padding} is negative")
        if not 0 <= value <= 255:
            raise ValueError(f"value: {value} is not in 0..255")
        self.padding = padding
        self.value = value

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        channels, height, width = _image_shape(self, shape)
        return channels, height + 2 * self.padding, width + 2 * self.padding

    def __call__(self, images: np.ndarray) -> np.ndarray:
        border = (self.padding, self.padding)
        return np.pad(images, ((0, 0), (0, 0), border, border), constant_values=self.value)


def _image_shape(transform: Transform, shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(shape) != 3:
        raise ValueError(f"transforms: {type(transform).__name__} needs [channels, height, width], not {list(shape)}")
    return shape


def _interpolate(values: np.ndarray, axis: int, length: int) -> np.ndarray:
    """Stretch one axis of a float32 array to `length` values, linearly between pixel centres, edges repeated."""
    last = values.shape[axis] - 1
    position = np.clip((np.arange(length) + 0.5) * (last + 1) / length - 0.5, 0, last)
    lower = position.astype(np.intp)
    weight = (position - lower).astype(np.float32)
    if axis == -2:
        weight = weight[:, np.newaxis]
    below = np.take(values, lower, axis)
    above = np.take(values, np.minimum(lower + 1, last), axis)
    return below + weight * (above - below)
