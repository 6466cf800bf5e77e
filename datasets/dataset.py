"""The contract of a data set: its examples, their split and their meaning."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.datasets import trial
from trainer.datasets.errors import DataError
from trainer.datasets.examples import Examples
from trainer.datasets.loader import Loader
from trainer.datasets.source import INPUT, TARGET, WEIGHT, Field, Source, Subset
from trainer.datasets.splitting import Fold, apart
from trainer.datasets.transforms import Augmentation, Augmented, GaussianNoise, Mixed, Mixing, Transform, Transformed


@dataclass(frozen=True)
class Splits:
    """Training, validation and test examples; `validation` has length 0 if none was requested."""

    train: Source
    validation: Source
    test: Source


class Dataset(ABC):
    """A set of examples and their meaning, which a configuration can name.

    A subclass defines `read`. A bad option raises ValueError, with a message that begins with the option's name.

    Args:
        shape: The shape of one example, if the only input is pixels or other values. If there are several inputs, or
            one of integers: a Field for each, by name.
        num_classes: Number of classes, None for regression.
        mean, std: The mean and standard deviation of the input per channel, in units of pixels scaled to [0, 1], or of
            the values themselves if they are floats; None leaves inputs unnormalised.
        transforms: Name -> Transform, in order; always applied to the uint8 images.
        augment: Name -> Augmentation or Mixing, in order; applied at random while a network trains.

    Attributes:
        name: Its name in messages and directories.
        class_names: The names of the classes, in order; replaced by numbers if there are not num_classes of them.
        problem: What the targets mean, as the `_target_` of a trainer.problems.Problem; None: one of num_classes
            classes, or values if that is None too.
        inputs: A Field for each input, by name, as the network gets it: after the transforms.
        shape, input_shape: The shapes of the first input before and after the transforms.
        pixels: Whether inputs are stored as uint8 pixels, which are scaled to [0, 1]; None: it is not known.
        value_names: Names of the values to predict, in order; () where they have none.
        target_mean, target_std: Of each standardised target value, in the user's units; () for other targets.
    """

    name: str
    class_names: tuple[str, ...] = ()
    problem: str | None = None
    pixels: bool | None = None
    value_names: tuple[str, ...] = ()
    target_mean: tuple[float, ...] = ()
    target_std: tuple[float, ...] = ()

    def __init__(
        self,
        shape: Sequence[int] | Mapping[str, Field],
        num_classes: int | None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        transforms: Mapping[str, Transform] | None = None,
        augment: Mapping[str, Augmentation | Mixing] | None = None,
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
        for name, augmentation in self.augment.items():
            try:
                augmentation.check(self.input_shape)
            except ValueError as error:
                raise ValueError(f"augment.{name}: {str(error).removeprefix('augment: ')}") from None
            if isinstance(augmentation, Mixing | GaussianNoise) and field.is_integer:
                kind = type(augmentation).__name__
                raise ValueError(f"augment.{name}: {kind} is for pixels or other values, not integers; leave it out")
        self.mean = None if mean is None else tuple(float(value) for value in mean)
        self.std = None if std is None else tuple(float(value) for value in std)
        self._check_normalisation()
        if len(self.class_names) != (num_classes or 0):  # the user's own files, with other classes
            self.class_names = tuple(str(label) for label in range(num_classes or 0))

    @abstractmethod
    def read(self) -> tuple[Source, Source] | Splits:
        """Return training and test examples as stored, or all three splits. Raises DataError."""

    @classmethod
    def completed(
        cls, options: Mapping[str, Any], validation: float | Fold = 0.0, rng: np.random.Generator | None = None
    ) -> dict[str, Any]:
        """Return the options, with values in place of "auto" where they follow from files.

        Values learned from training examples use those that `load` gives for the same arguments. They are recorded in
        the configuration of the run, so a trained network needs no data. mean and std are measured elsewhere. Raises
        DataError.
        """
        return dict(options)

    @classmethod
    def outputs(cls, options: Mapping[str, Any]) -> int | None:
        """Return how many outputs a network needs, given the completed options; None if they do not tell."""
        return options.get("num_classes") or options.get("num_values")

    def place(self) -> str | None:
        """Return in words where `read` finds its files; None if it would download them.

        Raises DataError if the user named a place that lacks a file.
        """
        return "needs no files"

    def described(self) -> list[str]:
        """Return lines that tell a user how the data were understood."""
        return []

    def load(self, validation: float | Fold, rng: np.random.Generator) -> Splits:
        """Read the data, apply the transforms, and draw the validation examples from the training examples.

        validation: a fraction (float in [0, 1)), a number of examples (int) or a fold; 0 draws none, and
        `Splits.validation` is empty. If `read` returns validation examples, fraction and number are ignored and a fold
        is refused. rng decides only which examples are drawn; every part keeps the order of the source. The training
        examples are augmented whenever they are read with random numbers. Raises DataError.
        """
        found = self.divided(validation, rng)
        if not type(self).__module__.startswith("trainer."):
            self._try(found)
        if isinstance(found, Splits):
            train, held, test = map(self._transform, (found.train, found.validation, found.test))
        else:
            train, test = map(self._transform, found)
            train, held = split(train, validation, rng)
        return Splits(self.augmented(train, self.augment), held, test)

    def augmented(self, examples: Source, names: Iterable[str]) -> Source:
        """Return examples that are augmented whenever they are read with random numbers, by these of `augment`."""
        for name in names:
            augmentation = self.augment[name]
            if isinstance(augmentation, Mixing):
                examples = Mixed(examples, augmentation, name, self.num_classes)
            else:
                examples = Augmented(examples, {name: augmentation})
        return examples

    def divided(self, validation: float | Fold, rng: np.random.Generator) -> tuple[Source, Source] | Splits:
        """Return what `read` does or, if the data themselves define the division, all three splits."""
        found = self.read()
        if isinstance(validation, Fold) and isinstance(found, Splits):
            raise DataError(f"cross_validation: {self.name} has validation examples of its own; leave it out")
        return found

    def loader(self, examples: Source) -> Loader:
        """Return a Loader of normalised batches of `examples`."""
        return Loader(examples, self.mean, self.std)

    def _try(self, found: tuple[Source, Source] | Splits) -> None:
        """Raise DataError if a user-defined data set breaks the contract of `read`."""
        trial.check_parts(self.name, found, Splits)
        for part in (found.train, found.validation, found.test) if isinstance(found, Splits) else found:
            self._check(part)
        trial.try_parts(self.name, found, self.inputs, self.num_classes if self.problem is None else None)

    def _transform(self, source: Source) -> Source:
        self._check(source)
        if not self.transforms:
            return source
        lazy = Transformed(source, list(self.transforms.values()))
        if not isinstance(source, Examples) or isinstance(source.arrays[INPUT], np.memmap):
            return lazy
        images, others = source.arrays[INPUT], {name: a for name, a in source.arrays.items() if name != TARGET}
        for transform in self.transforms.values():
            images = transform(images)
        return Examples(others | {INPUT: images}, source.arrays[TARGET])

    def _check(self, source: Source) -> None:
        """Raise DataError unless a source has the fields that the network is built for."""
        found = {name: field.shape for name, field in source.fields.items() if name not in (TARGET, WEIGHT)}
        wanted = {name: field.shape for name, field in self._stored.items()}
        if list(found.items()) != list(wanted.items()) or TARGET not in source.fields:
            raise DataError(
                f"{self.name}: its examples have {_listed(found)}, not {_listed(wanted)} as it declares; "
                "fix its read, or the shape that it declares"
            )

    def _check_normalisation(self) -> None:
        for key, values in (("mean", self.mean), ("std", self.std)):
            if values is not None and len(values) not in (1, self.input_shape[0]):
                raise ValueError(f"{key}: {len(values)} values for {self.input_shape[0]} channels; give one each")
        if self.std is not None and not all(value > 0 and math.isfinite(value) for value in self.std):
            raise ValueError(f"std: {list(self.std)} is not positive; give the deviation of the training pixels")


def split(
    examples: Source, share: float | Fold, rng: np.random.Generator, option: str = "validation"
) -> tuple[Source, Source]:
    """Split `examples` at random into the rest and a share of them, as `Dataset.load` does for validation.

    Raises DataError, which names the option, if the share leaves nothing.
    """
    total = len(examples)
    if isinstance(share, Fold):
        held = apart(total, share, rng, labels=_labels(examples))
        return Subset(examples, np.delete(np.arange(total), held)), Subset(examples, held)
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


def _labels(examples: Source) -> np.ndarray | None:
    """Return the labels (N,) of examples of classes; None if their targets are something else."""
    field = examples.fields[TARGET]
    return examples.targets if field.shape == () and np.dtype(field.dtype).kind in "iu" else None


def check_labels(labels: np.ndarray, num_classes: int, source: object) -> np.ndarray:
    """Return labels (N,) as int64, checked to lie in [0, num_classes). Raises DataError, which names `source`."""
    wrong = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if len(wrong):
        raise DataError(
            f"{source}: label {labels[wrong[0]]} of example {wrong[0]} is outside 0..{num_classes - 1}; "
            "set data.num_classes or fix the file"
        )
    return labels.astype(np.int64)


def _listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) or "no input"
