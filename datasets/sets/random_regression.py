"""Random inputs with a constant target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainer.datasets.dataset import Dataset
from trainer.datasets.examples import Examples
from trainer.ground.options import check_range


class RandomRegression(Dataset):
    """Standard normal inputs that all have the same target, which is all there is to learn.

    Args:
        examples: Number of training examples, and also of test examples.
        target: The K values.
        seed: The seed of the inputs, which are the same in every run, whatever its seed.
    """

    name = "random regression"
    pixels = False

    def __init__(
        self,
        shape: Sequence[int] = (1, 6, 6),
        examples: int = 1,
        target: Sequence[float] = (1.0,),
        seed: int = 0,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        num_classes: None = None,
    ) -> None:
        check_range("examples", examples, "[1, inf)")
        check_range("seed", seed, "[0, inf)")
        super().__init__(shape, num_classes, mean, std)
        self.examples, self.target, self.seed = examples, tuple(float(value) for value in target), seed

    @classmethod
    def outputs(cls, options: Mapping[str, Any]) -> int:
        return len(options.get("target", (1.0,)))

    def read(self) -> tuple[Examples, Examples]:
        """Return training and test inputs (N, *shape) float32 with targets (N, K) float32."""
        generator = np.random.default_rng(self.seed)
        train, test = generator.normal(size=(2, self.examples, *self.shape)).astype(np.float32)
        targets = np.tile(np.array(self.target, np.float32), (self.examples, 1))
        return Examples(train, targets), Examples(test, targets.copy())
