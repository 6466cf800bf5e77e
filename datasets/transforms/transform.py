"""The contracts of what happens to examples on their way to the network."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from trainer.datasets.draw import Draw


class Transform(ABC):
    """What is always done to an image: uint8 images in, uint8 images out; the arguments stay as they are.

    Sets in memory are transformed once, as they are loaded; others as they are read, batch by batch.
    """

    @abstractmethod
    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape (C, H, W) of the image that an image of `shape` becomes. Raises ValueError if there is none."""

    @abstractmethod
    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Images (N, C, H, W) uint8 -> (N, C', H', W') uint8."""


class Augmentation(ABC):
    """What is done to an example at random, and only while a network trains on it.

    It is done to whole batches as they were stored, before they are normalised, in the worker that trains on them. All
    that is random follows from `draw`, so that it is the same for any number of workers and after any resume.
    """

    @abstractmethod
    def check(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError where it is not for examples of `shape`."""

    @abstractmethod
    def __call__(self, batch: np.ndarray, draw: Draw) -> np.ndarray:
        """Return the examples augmented.

        Args:
            batch: (n, *shape), uint8 or floats, which may be changed and returned.
            draw: The random numbers of these n examples.

        Returns:
            An array of the same shape and type.
        """


def image_shape(transform: object, shape: tuple[int, ...], option: str = "transforms") -> tuple[int, ...]:
    """`shape`, where it is that of an image, (C, H, W). Raises ValueError, which names the option, where it is not."""
    if len(shape) != 3:
        raise ValueError(f"{option}: {type(transform).__name__} needs [channels, height, width], not {list(shape)}")
    return shape
