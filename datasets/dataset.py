"""The contract of a data set: its sources, their split, and what they mean."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.examples import Examples
from trainer.datasets.loader import Loader
from trainer.datasets.source import INPUT, TARGET, Field, Source, Subset
from trainer.datasets.transforms import Augmentation, Augmented, Transform, Transformed


@dataclass(frozen=True)
class Splits:
    """Training, validation and test examples; `validation` has length 0 when none was asked for."""

    train: Source
    validation: Source
    test: Source


class Dataset(ABC):
    """A set of examples with their meaning, as a configuration names it.

    A data set is a class with a `read` of its own. Options raise ValueError, its message led by the name of the option
    at fault.

    Args:
        shape: Of one example of the only input, which is pixels or other values; or a Field for each of several inputs,
            by name, and for one of integers.
        num_classes: Number of classes, None for regression.
        mean, std: Of the input per channel, in units of pixels scaled to [0, 1] (of the values themselves where they
            are floats); None leaves inputs unnormalised.
        transforms: Name -> Transform, in order: what is always done to the uint8 images.
        augment: Name -> Augmentation, in order: what is done to them at random while a network trains.

    Attributes:
        name: What messages and directories call it.
        class_names: Of the classes, in order; their numbers where there are none of that number.
        problem: What the targets mean, as the `_target_` of a trainer.problems.Problem; None: one class of num_classes,
            or values where that is None.
        inputs: Of each input a Field, by name, as the network gets it: after the transforms.
        shape, input_shape: Of the first input, before and after the transforms.
        target_mean, target_std: Where targets are values that were standardised: of each, in the user's units; else ().
    """

    name: str
    class_names: tuple[str, ...] = ()
    problem: str | None = None
    target_mean: tuple[float, ...] = ()
    target_std: tuple[float, ...] = ()

    def __init__(
        self,
        shape: Sequence[int] | Mapping[str, Field],
        num_classes: int | None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        transforms: Mapping[str, Transform] | None = None,
        augment: Mapping[str, Augmentation] | None = None,
    ) -> None:
        stored = dict(shape) if isinstance(shape, Mapping) else {INPUT: Field(tuple(shape))}
        options = {"mean": mean, "std": std, "transforms": transforms, "augment": augment}
        if list(stored) != [INPUT] and (given := [name for name, value in options.items() if value]):
            raise ValueError(f"{given[0]}: is for the data of a single input; leave it out")
        self.num_classes = num_classes
        self.transforms, self.augment = dict(transforms or {}), dict(augment or {})
        self._stored = stored
        (first, field), *others = stored.items()
        self.shape = self.input_shape = field.shape
        for transform in self.transforms.values():
            self.input_shape = transform.output_shape(self.input_shape)
        self.inputs = {first: Field(self.input_shape, field.dtype), **dict(others)}
        for augmentation in self.augment.values():
            augmentation.check(self.input_shape)
        self.mean = None if mean is None else tuple(float(value) for value in mean)
        self.std = None if std is None else tuple(float(value) for value in std)
        self._check_normalisation()
        if len(self.class_names) != (num_classes or 0):  # files of one's own, with classes of their own
            self.class_names = tuple(str(label) for label in range(num_classes or 0))

    @abstractmethod
    def read(self) -> tuple[Source, Source] | Splits:
        """Training and test examples as stored, or all three splits. Raises DataError."""

    @classmethod
    def completed(
        cls, options: Mapping[str, Any], validation: float = 0.0, rng: np.random.Generator | None = None
    ) -> dict[str, Any]:
        """Return the options with values for those that are "auto" because they follow from files.

        What is learned from training examples is learned from those that `load` gives for the same arguments. All of it
        stands in the configuration of a run from then on, so that a trained network needs no data. mean and std are not
        asked for here: whoever reads a configuration measures them. Raises DataError.
        """
        return dict(options)

    @classmethod
    def outputs(cls, options: Mapping[str, Any]) -> int | None:
        """Return how many outputs a network needs, by the completed options; None where they do not say."""
        return options.get("num_classes") or options.get("num_values")

    def place(self) -> str | None:
        """Where `read` finds all that it needs, in words; None where it would download it.

        Raises DataError where the user named a place that lacks a file.
        """
        return "needs no files"

    def described(self) -> list[str]:
        """Return what a user should know of how the data were understood, a line each."""
        return []

    def load(self, validation: float, rng: np.random.Generator) -> Splits:
        """Read the data, apply the transforms, and draw the validation examples from the training examples.

        validation: a fraction (float in [0, 1)) or a number of examples (int); 0 draws none, and `Splits.validation`
        is empty. It counts for nothing where `read` gives validation examples. rng decides which examples are drawn and
        nothing else; every part keeps the order of the source. The training examples are augmented wherever they are
        read with random numbers. Raises DataError.
        """
        found = self.divided(validation, rng)
        if isinstance(found, Splits):
            train, held, test = map(self._transform, (found.train, found.validation, found.test))
        else:
            train, test = map(self._transform, found)
            train, held = split(train, validation, rng)
        return Splits(Augmented(train, self.augment) if self.augment else train, held, test)

    def divided(self, validation: float, rng: np.random.Generator) -> tuple[Source, Source] | Splits:
        """Give what `read` does, or where the data say how they are to be divided, all three splits so divided."""
        return self.read()

    def loader(self, examples: Source) -> Loader:
        """Return a Loader of normalised batches of `examples`."""
        return Loader(examples, self.mean, self.std)

    def _transform(self, source: Source) -> Source:
        self._check(source)
        if not self.transforms:
            return source
        lazy = Transformed(source, list(self.transforms.values()))
        if not isinstance(source, Examples) or isinstance(source.arrays[INPUT], np.memmap):
            return lazy
        images = source.arrays[INPUT]
        for transform in self.transforms.values():
            images = transform(images)
        return Examples(images, source.arrays[TARGET])

    def _check(self, source: Source) -> None:
        """Raise DataError unless a source has the fields that the network is built for."""
        found = {name: field.shape for name, field in source.fields.items() if name != TARGET}
        wanted = {name: field.shape for name, field in self._stored.items()}
        if list(found.items()) != list(wanted.items()) or TARGET not in source.fields:
            raise DataError(
                f"{self.name}: its examples have {_listed(found)}, not {_listed(wanted)} as it says; "
                "repair its read, or the shape that it gives"
            )

    def _check_normalisation(self) -> None:
        for key, values in (("mean", self.mean), ("std", self.std)):
            if values is not None and len(values) not in (1, self.input_shape[0]):
                raise ValueError(f"{key}: {len(values)} values for {self.input_shape[0]} channels; give one each")
        if self.std is not None and not all(value > 0 and math.isfinite(value) for value in self.std):
            raise ValueError(f"std: {list(self.std)} is not positive; give the deviation of the training pixels")


def split(
    examples: Source, share: float, rng: np.random.Generator, option: str = "validation"
) -> tuple[Source, Source]:
    """Split `examples` at random into the rest and a share of them, as `Dataset.load` does for validation.

    Raises DataError, which names the option, where the share leaves nothing.
    """
    total = len(examples)
    is_fraction = isinstance(share, float) and 0 <= share < 1
    count = round(share * total) if is_fraction else share
    if not isinstance(count, int) or not 0 <= count < total:
        raise DataError(
            f"{option}: {share} is neither a fraction in [0, 1) nor a number of examples that leaves some of "
            f"the {total} for training; give one of these"
        )
    if count == 0:
        return examples, Subset(examples, np.arange(0))
    order = rng.permutation(total)
    return Subset(examples, np.sort(order[count:])), Subset(examples, np.sort(order[:count]))


def check_labels(labels: np.ndarray, num_classes: int, source: object) -> np.ndarray:
    """Labels (N,) as int64, each checked to lie in [0, num_classes). Raises DataError naming `source`."""
    wrong = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if len(wrong):
        raise DataError(
            f"{source}: label {labels[wrong[0]]} of example {wrong[0]} is outside 0..{num_classes - 1}; "
            "set data.num_classes or repair the file"
        )
    return labels.astype(np.int64)


def _listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) or "no input"
