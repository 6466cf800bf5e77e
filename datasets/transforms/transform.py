"""The contracts of transforms and augmentations."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from trainer.datasets.draw import Draw


class Transform(ABC):
    """A change that is always made to images: uint8 in, uint8 out; the arguments are not changed.

    Data sets in memory are transformed once, when they are loaded; others batch by batch, as they are read.
    """

    @abstractmethod
    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape (C, H, W) that an image of `shape` gets. Raises ValueError if it cannot be transformed."""

    @abstractmethod
    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return images (N, C, H, W) uint8 transformed: (N, C', H', W') uint8."""


class Augmentation(ABC):
    """A random change to examples, made only while a network trains on them.

    It works on whole batches as they are stored, before normalisation, in the worker that trains on them. All random
    numbers come from `draw`, so they are the same for any number of workers and after a resume.
    """

    @abstractmethod
    def check(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError if it does not work on examples of `shape`."""

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
    """Return `shape` if it is an image's, (C, H, W). Raises ValueError, which names the option, if it is not."""
    if len(shape) != 3:
        name = type(transform).__name__
        raise ValueError(f"{option}: {name} needs [channels, height, width], not {list(shape)}; leave it out")
    return shape
