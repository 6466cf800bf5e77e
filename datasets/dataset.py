"""What a data set is: examples, their split, and the base class of every source."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .batches import Loader
from .errors import DataError
from .transforms import Transform


@dataclass(frozen=True)
class Examples:
    """Inputs with their targets, sample first.

    inputs: (N, *shape) uint8 (pixels 0..255) or float32; targets: (N,) int64 labels or (N, K) float32 values.
    """

    inputs: np.ndarray
    targets: np.ndarray

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.targets):
            raise ValueError(f"{len(self.inputs)} inputs but {len(self.targets)} targets")

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, indices: np.ndarray) -> Examples:
        """A copy of the examples at `indices`."""
        return Examples(self.inputs[indices], self.targets[indices])


@dataclass(frozen=True)
class Splits:
    """Training, validation and test examples; `validation` has length 0 when none was asked for."""

    train: Examples
    validation: Examples
    test: Examples


class Dataset(ABC):
    """One source of examples.

    num_classes: number of classes, None for regression. mean, std: per channel, in units of pixels scaled to [0, 1]
    (of the values themselves where the inputs are floats); None leaves inputs unnormalised. transforms: name ->
    Transform, applied in order, once, to the uint8 images as they are loaded. Raises ValueError, its message led by the
    name of the option at fault.

    problem: what the targets mean, as the `_target_` of a trainer.problems.Problem; None: one class of num_classes, or
    values where that is None.
    """

    name: str
    class_names: tuple[str, ...] = ()
    problem: str | None = None

    def __init__(
        self,
        shape: Sequence[int],
        num_classes: int | None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        transforms: Mapping[str, Transform] | None = None,
    ) -> None:
        self.shape = tuple(int(size) for size in shape)
        self.num_classes = num_classes
        self.transforms = dict(transforms or {})
        self.input_shape = self.shape
        for transform in self.transforms.values():
            self.input_shape = transform.output_shape(self.input_shape)
        self.mean = None if mean is None else tuple(float(value) for value in mean)
        self.std = None if std is None else tuple(float(value) for value in std)
        self._check_normalisation()
        if len(self.class_names) != (num_classes or 0):  # files of one's own, with classes of their own
            self.class_names = tuple(str(label) for label in range(num_classes or 0))

    @abstractmethod
    def read(self) -> tuple[Examples, Examples]:
        """Training and test examples as stored, inputs (N, *self.shape). Raises DataError."""

    def place(self) -> str | None:
        """Where `read` finds all that it needs, in words; None where it would download it.

        Raises DataError where the user named a place that lacks a file.
        """
        return "needs no files"

    def load(self, validation: float, rng: np.random.Generator) -> Splits:
        """Read the data, apply the transforms, and draw the validation examples from the training examples.

        validation: a fraction (float in [0, 1)) or a number of examples (int); 0 draws none, and `Splits.validation`
        is empty. rng decides which examples are drawn and nothing else; every part keeps the order of the source.
        Raises DataError.
        """
        train, test = (self._transform(examples) for examples in self.read())
        train, validation_examples = split(train, validation, rng)
        return Splits(train, validation_examples, test)

    def loader(self, examples: Examples) -> Loader:
        """A Loader of normalised batches of `examples`."""
        return Loader(examples, self.mean, self.std)

    def _transform(self, examples: Examples) -> Examples:
        inputs = examples.inputs
        for transform in self.transforms.values():
            inputs = transform(inputs)
        return Examples(inputs, examples.targets)

    def _check_normalisation(self) -> None:
        for key, values in (("mean", self.mean), ("std", self.std)):
            if values is not None and len(values) not in (1, self.input_shape[0]):
                raise ValueError(f"{key}: {len(values)} values for {self.input_shape[0]} channels; give one each")
        if self.std is not None and not all(value > 0 and math.isfinite(value) for value in self.std):
            raise ValueError(f"std: {list(self.std)} is not positive; give the deviation of the training pixels")


def split(examples: Examples, validation: float, rng: np.random.Generator) -> tuple[Examples, Examples]:
    """Split `examples` at random into (rest, validation); see Dataset.load for the meaning of `validation`."""
    total = len(examples)
    is_fraction = isinstance(validation, float) and 0 <= validation < 1
    count = round(validation * total) if is_fraction else validation
    if not isinstance(count, int) or not 0 <= count < total:
        raise DataError(
            f"validation: {validation} is neither a fraction in [0, 1) nor a number of examples that leaves some of "
            f"the {total} for training; give one of these"
        )
    if count == 0:
        return examples, examples.take(np.arange(0))
    order = rng.permutation(total)
    return examples.take(np.sort(order[count:])), examples.take(np.sort(order[:count]))


def check_labels(labels: np.ndarray, num_classes: int, source: object) -> np.ndarray:
    """Labels (N,) as int64, each checked to lie in [0, num_classes). Raises DataError naming `source`."""
    wrong = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if len(wrong):
        raise DataError(
            f"{source}: label {labels[wrong[0]]} of example {wrong[0]} is outside 0..{num_classes - 1}; "
            "set data.num_classes or repair the file"
        )
    return labels.astype(np.int64)
