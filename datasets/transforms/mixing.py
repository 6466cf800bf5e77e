"""The contract of mixtures of examples, and the source that makes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.errors import DataError
from trainer.datasets.source import INPUT, TARGET, WEIGHT, Field, Source
from trainer.datasets.transforms.transformed import Augmented
from trainer.ground.options import check_range


class Mixing(ABC):
    """A random mixture of every example with another one, its partner, made only while a network trains on them.

    The target is mixed as the input is; see `Mixed`.

    Args:
        alpha: The share λ that an example keeps of itself comes from the distribution Beta(α, α): near 0 or 1 for a
            small α, anything in [0, 1] for α = 1, near ½ for a large one.
        p: Probability that an example is mixed at all.
    """

    def __init__(self, alpha: float, p: float = 1.0) -> None:
        check_range("alpha", alpha, "(0, inf)")
        check_range("p", p, "[0, 1]")
        self.alpha, self.p = alpha, p

    @abstractmethod
    def check(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError if it does not work on examples of `shape`."""

    @abstractmethod
    def __call__(self, batch: np.ndarray, partners: np.ndarray, draw: Draw) -> np.ndarray:
        """Mix examples with their partners, in place.

        Args:
            batch: (n, *shape), uint8 or floats.
            partners: The partner of each, of the same shape and type, not to be changed.
            draw: The random numbers of these n examples.

        Returns:
            The share of itself that each example has kept, float64 (n,) in [0, 1].
        """

    def shares(self, draw: Draw) -> np.ndarray:
        """Return λ of each example, float64 (n,); 1 for one that is not to be mixed."""
        return np.where(draw.coin(self.p), draw.beta(self.alpha), 1.0)


class Mixed(Source):
    """The examples of a source, each mixed with a partner whenever they are read with random numbers.

    The partner is any example of the source, drawn again in every epoch and augmented as in this epoch. With the share
    λ that an example keeps, its target is ``λ t + (1 − λ) t'``; labels become one-hot first. If examples have weights,
    the weight is ``W = λ w + (1 − λ) w'`` and the target ``(λ w t + (1 − λ) w' t') / W``.

    Args:
        source: A source with a single input.
        mixing: How.
        name: The name of these random numbers.
        num_classes: How many classes its labels have, if they are labels.
    """

    def __init__(self, source: Source, mixing: Mixing, name: str, num_classes: int | None) -> None:
        self.source, self.mixing, self.name, self.num_classes = source, mixing, name, num_classes
        self.fields = source.fields
        target = source.drawn[TARGET]
        is_float = np.dtype(target.dtype).kind == "f"
        self._classes = None if is_float or target.shape else num_classes  # of labels; None: the targets are values
        shape = target.shape if self._classes is None else (self._classes,)
        self._drawn = {**source.drawn, TARGET: Field(shape, target.dtype if is_float else "float32")}

    def __len__(self) -> int:
        return len(self.source)

    @property
    def drawn(self) -> Mapping[str, Field]:
        return self._drawn

    def subset(self, indices: np.ndarray) -> Source:
        return Mixed(self.source.subset(indices), self.mixing, self.name, self.num_classes)

    def read(self, indices: np.ndarray, out: Mapping[str, np.ndarray], draw: Draw | None) -> None:
        if draw is None:
            return self.source.read(indices, out, None)
        own = draw.named(f"augment {self.name}")
        places = own.integers(len(self))
        examples = self._rows(indices, draw, out.get(INPUT))
        partners = self._rows(places, Draw(draw.seed, draw.epoch, places, draw.name))
        keep = self.mixing(examples[INPUT], partners[INPUT], own)
        give = 1 - keep
        if WEIGHT in examples:
            mine, theirs = keep * examples[WEIGHT], give * partners[WEIGHT]
            examples[WEIGHT] = total = mine + theirs
            np.divide(mine, total, out=keep, where=total > 0)
            np.divide(theirs, total, out=give, where=total > 0)
        rows = (-1,) + (1,) * len(self._drawn[TARGET].shape)
        examples[TARGET] = keep.reshape(rows) * examples[TARGET] + give.reshape(rows) * partners[TARGET]
        for name, array in out.items():
            if array is not examples[name]:
                np.copyto(array, examples[name], casting="same_kind")
        return None

    def place(self, index: int) -> str:
        return self.source.place(index)

    def _rows(self, indices: np.ndarray, draw: Draw, inputs: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Return all fields of examples, labels one-hot; the input in `inputs` if that is given."""
        rows = {name: np.empty((len(indices), *field.shape), field.dtype) for name, field in self.source.drawn.items()}
        if inputs is not None:
            rows[INPUT] = inputs
        self.source.read(indices, rows, draw)
        if self._classes is not None:
            rows[TARGET] = _one_hot(rows[TARGET], self._classes)
        return rows


def as_stored(source: Source) -> Source:
    """Return the examples without their augmentations."""
    while isinstance(source, Augmented | Mixed):
        source = source.source
    return source


def _one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return labels (n,) as float32 (n, K). Raises DataError if there is no such class."""
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        raise DataError(f"the label {wrong} is outside 0..{classes - 1}; set data.num_classes or fix the data")
    hot = np.zeros((len(labels), classes), np.float32)
    hot[np.arange(len(labels)), labels] = 1
    return hot
