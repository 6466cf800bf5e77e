"""Data of two inputs, one of them integers, in memory."""

import numpy as np

from trainer.datasets import Dataset, Examples, Field

EXAMPLES = 300  # in each split


class Chosen(Dataset):
    """Three values and the number of one of them; the class says whether this one is above 0."""

    name = "chosen"

    def __init__(self) -> None:
        super().__init__({"values": Field((3,)), "chosen": Field((), "int64")}, num_classes=2)

    def read(self) -> tuple[Examples, Examples]:
        return self._draw(0), self._draw(1)

    def _draw(self, part: int) -> Examples:
        rng = np.random.default_rng(part)
        values = rng.normal(size=(EXAMPLES, 3)).astype(np.float32)
        chosen = rng.integers(3, size=EXAMPLES)
        labels = values[np.arange(EXAMPLES), chosen] > 0
        return Examples({"values": values, "chosen": chosen}, labels.astype(np.int64))
