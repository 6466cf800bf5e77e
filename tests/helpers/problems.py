"""Small data sets for each problem, in memory."""

import numpy as np

from trainer.datasets import Dataset, Examples, Source

EXAMPLES = 200  # in each split


class Quarters(Dataset):
    """Noise of 4x4 pixels, where label k says whether quarter k is bright: several labels, linearly separable.

    Args:
        values: The targets are the brightness itself, for regression.
    """

    name = "quarters"

    def __init__(self, values: bool = False) -> None:
        super().__init__((1, 4, 4), None if values else 4)
        self.problem = None if values else "trainer.problems.MultiLabel"

    def read(self) -> tuple[Examples, Examples]:
        """Return training and test examples."""
        return self._draw(0), self._draw(1)

    def _draw(self, part: int) -> Examples:
        inputs = np.random.default_rng(part).normal(size=(EXAMPLES, 1, 4, 4)).astype(np.float32)
        brightness = inputs.reshape(EXAMPLES, 2, 2, 2, 2).mean(axis=(2, 4)).reshape(EXAMPLES, 4)
        return Examples(inputs, brightness if self.problem is None else (brightness > 0).astype(np.float32))


class Faulty(Quarters):
    """`Quarters` with one wrong value.

    Args:
        value: The wrong value, such as "nan".
        test: Whether a test example gets it, not a training example.
        example, field: The example and its field, input or target.
        values: As in `Quarters`.
    """

    def __init__(
        self, value: str, test: bool = False, example: int = 17, field: str = "inputs", values: bool = False
    ) -> None:
        super().__init__(values)
        self.value, self.test, self.example, self.field = float(value), test, example, field

    def _draw(self, part: int) -> Source:
        examples = super()._draw(part)
        if part == self.test:
            getattr(examples, self.field)[self.example].flat[3] = self.value
        return Hidden(examples)


class Hidden(Source):
    """Examples of which nobody knows that they are in memory: what is wrong with an input shows when it is read."""

    def __init__(self, examples: Examples) -> None:
        self.examples, self.fields = examples, examples.fields

    def __len__(self) -> int:
        return len(self.examples)

    def read(self, indices, out, draw) -> None:
        self.examples.read(indices, out, draw)
