"""Examples that exist only in memory."""

from collections.abc import Sequence

import numpy as np

from trainer.datasets import Dataset, Examples


class RandomImages(Dataset):
    """Images (examples, *shape) of random bytes with random labels, the same for the same options."""

    name = "random images"

    def __init__(self, shape: Sequence[int], num_classes: int, examples: int) -> None:
        super().__init__(shape, num_classes, mean=[0.5], std=[0.2887])  # of the uniform distribution
        self.examples = examples

    def read(self) -> tuple[Examples, Examples]:
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (self.examples, *self.shape), np.uint8)
        train = Examples(images, rng.integers(0, self.num_classes, self.examples))
        return train, train.take(np.arange(1))
