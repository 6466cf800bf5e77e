"""Small computed data sets: shapes that show how a network divides a plane, and a curve to fit."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from trainer.datasets.dataset import Dataset
from trainer.datasets.examples import Examples
from trainer.ground.options import check_range

MOST = 10_000_000  # points, which take some hundred MB while they are drawn


class _Generated(Dataset):
    """Points that are drawn in the same way in every run.

    Args:
        examples: Number of training points, and also of test points.
        noise: Deviation of the noise on each coordinate, or on the values of a curve.
        seed: The seed of the points, independent of the seed of the run.
    """

    pixels = False
    inputs_of_a_point = 2
    classes: int | None = 2

    def __init__(self, examples: int = 1000, noise: float = 0.1, seed: int = 0, num_classes: int | None = None) -> None:
        check_range("examples", examples, f"[2, {MOST}]")
        check_range("noise", noise, "[0, inf)")
        check_range("seed", seed, "[0, inf)")
        if num_classes != self.classes:
            raise ValueError(f"num_classes: {num_classes} is not {self.classes}, that of {self.name}")
        super().__init__((self.inputs_of_a_point,), num_classes)
        self.examples, self.noise, self.seed = examples, noise, seed

    def read(self) -> tuple[Examples, Examples]:
        """Return training and test points (N, 2) float32 with labels (N,), or (N, 1) with values (N, 1)."""
        train, test = (self._examples(np.random.default_rng([self.seed, part])) for part in range(2))
        return train, test

    def _examples(self, rng: np.random.Generator) -> Examples:
        labels = rng.permutation(np.arange(self.examples) % 2)
        points = self.points(labels, rng) + rng.normal(0, self.noise, (self.examples, 2))
        return Examples(points.astype(np.float32), labels.astype(np.int64))

    @abstractmethod
    def points(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return points (N, 2) without noise for `labels` (N,), which are 0 or 1."""


class Moons(_Generated):
    """Two interleaving half circles of radius 1."""

    name = "moons"

    def points(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        angle = rng.uniform(0, np.pi, len(labels))
        x, y = np.cos(angle), np.sin(angle)
        return np.where(labels == 0, [x - 0.5, y - 0.25], [0.5 - x, 0.25 - y]).T


class Circles(_Generated):
    """A circle of radius 1 around one of radius 1/2."""

    name = "circles"

    def points(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        angle = rng.uniform(0, 2 * np.pi, len(labels))
        return (np.where(labels == 0, 1.0, 0.5) * [np.cos(angle), np.sin(angle)]).T


class Spirals(_Generated):
    """Two spirals around the origin that reach a radius of 1 in one and a half turns."""

    name = "spirals"

    def points(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        radius = np.sqrt(rng.uniform(0.01, 1, len(labels)))
        angle = 3 * np.pi * radius + np.pi * labels
        return (radius * [np.cos(angle), np.sin(angle)]).T


class Xor(_Generated):
    """Four squares; opposite ones belong to the same class."""

    name = "xor"

    def points(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        points = rng.uniform(-1, 1, (len(labels), 2))
        wrong = (points.prod(axis=1) < 0) != labels
        points[wrong, 0] *= -1
        return points


class Sine(_Generated):
    """The values sin x for x in [−π, π], a curve to fit."""

    name = "sine"
    inputs_of_a_point = 1
    classes = None

    @classmethod
    def outputs(cls, options: Mapping[str, Any]) -> int:
        return 1

    def points(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        x = rng.uniform(-np.pi, np.pi, len(labels))
        return np.stack([x, np.sin(x)], axis=1)

    def _examples(self, rng: np.random.Generator) -> Examples:
        x, y = self.points(np.zeros(self.examples), rng).astype(np.float32).T[:, :, np.newaxis]
        return Examples(x, y + rng.normal(0, self.noise, y.shape).astype(np.float32))
