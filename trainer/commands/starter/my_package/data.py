"""Data of my own."""

from collections.abc import Sequence

import numpy as np

from trainer.datasets import Dataset, Examples


class Spirals(Dataset):
    """Points on three spirals that wind around each other; a class is a spiral.

    Args:
        num_classes: Number of spirals.
        examples: Number of training examples, and also of test examples.
        noise: Standard deviation of the points from their spiral.
        seed: The seed of the points, which are the same in every run, whatever seed the run has.
        mean, std: As in `Dataset`.
    """

    name = "spirals"
    class_names = ("first", "second", "third")

    def __init__(
        self,
        num_classes: int = 3,
        examples: int = 1500,
        noise: float = 0.05,
        seed: int = 0,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> None:
        if examples < 1:
            raise ValueError(f"examples: {examples} is not at least 1")
        super().__init__((2,), num_classes, mean, std)
        self.examples, self.noise, self.seed = examples, noise, seed

    def read(self) -> tuple[Examples, Examples]:
        """Return training and test points (N, 2) float32 with their classes (N,) int64."""
        rng = np.random.default_rng(self.seed)
        return self._draw(rng), self._draw(rng)

    def _draw(self, rng: np.random.Generator) -> Examples:
        labels = rng.integers(self.num_classes, size=self.examples)
        radius = rng.uniform(0.1, 1, size=self.examples)
        angle = 2 * np.pi * (labels / self.num_classes + radius)
        points = radius * np.stack([np.cos(angle), np.sin(angle)]) + self.noise * rng.normal(size=(2, self.examples))
        return Examples(points.T.astype(np.float32), labels.astype(np.int64))
