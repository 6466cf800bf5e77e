"""An engine's record of each step, and the differences between two engines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Arrays = Mapping[str, np.ndarray]

# Largest error, relative to the largest element. Correct values err by up to 1e-10 in float64, wrong ones by 1e-3.
TOLERANCE = {"float64": 1e-7, "float32": 1e-2}
# Least size of an array's largest element: smaller values are differences of larger terms.
LEAST_SHARE = 1e-2  # of the largest element of all gradients
LEAST_GRADIENT = {"float64": 1e-6, "float32": 1e-3}  # where the loss is nearly zero, gradients are only rounding
LEAST_VALUE = 0.1  # of all other values
LEAST_MARGIN = {"float64": 1e-11, "float32": 1e-5}  # correct values err by less, even after a few steps
LARGEST = 1e5  # a network with larger values diverges, and float32 loses digits: the comparison ends there


@dataclass(frozen=True)
class Record:
    """One step: the mean ``loss`` of its examples, ``outputs`` (N, K), and the parameters after it.

    An evaluation has no gradients; None stands for unknown values. The ``margin`` says how close an input of a ReLU or
    a maximum comes to its kink, relative to the largest one, or how little a normalised channel varies. If it is small,
    rounding can change a step's gradients by any amount.
    """

    step: str
    loss: float
    outputs: np.ndarray | None
    gradients: Arrays | None
    parameters: Arrays
    margin: float = math.inf

    @property
    def largest(self) -> float:
        """The largest value that is known, or NaN."""
        known = [self.loss, self.outputs, *(self.gradients or {}).values(), *self.parameters.values()]
        return float(np.max([_largest(np.asarray(value)) for value in known if value is not None]))


@dataclass(frozen=True)
class Difference:
    """The largest difference between two arrays."""

    step: str
    array: str
    error: float  # relative
    ours: float
    theirs: float

    def __str__(self) -> str:
        return f"{self.step}: {self.array} is {self.ours:.9g}, not {self.theirs:.9g} (error {self.error:.2g})"


def differences(ours: Sequence[Record], theirs: Sequence[Record], precision: str) -> list[Difference]:
    """Return the differences of the first step that differs from an oracle, the largest first; empty if none does.

    A step that rounding can change ends the comparison, after its loss and outputs.
    """
    for number, expected in enumerate(theirs):
        if not expected.largest < LARGEST:
            break
        if number == len(ours):
            return [Difference(expected.step, "loss", math.inf, math.nan, expected.loss)]
        last = expected.margin < LEAST_MARGIN[precision]
        compared = _compare(ours[number], expected, last, LEAST_GRADIENT[precision])
        found = [difference for difference in compared if not difference.error <= TOLERANCE[precision]]
        if found:
            return sorted(found, key=lambda d: d.error, reverse=True)
        if last:
            break
    return []


def largest_difference(one: Record, other: Record) -> Difference:
    """Return the largest difference between two engines' records of a step in float64."""
    return max(_compare(one, other, False, LEAST_GRADIENT["float64"]), key=lambda difference: difference.error)


def _compare(ours: Record, theirs: Record, outputs_alone: bool, least_gradient: float) -> Iterator[Difference]:
    """Yield the difference for each array of a step."""
    yield _difference(ours.step, "loss", np.array(ours.loss), np.array(theirs.loss), LEAST_VALUE)
    if ours.outputs is not None:
        yield _difference(ours.step, "outputs", ours.outputs, theirs.outputs, LEAST_VALUE)
    if outputs_alone:
        return
    if ours.gradients is not None:
        least = max(least_gradient, LEAST_SHARE * max(map(_largest, theirs.gradients.values()), default=0.0))
        for name in sorted(theirs.gradients.keys() | ours.gradients.keys()):
            pair = ours.gradients[name], theirs.gradients[name]
            yield _difference(ours.step, f"gradient of {name}", *pair, least)
    for name in sorted(theirs.parameters.keys() | ours.parameters.keys()):
        yield _difference(ours.step, f"{name} after it", ours.parameters[name], theirs.parameters[name], LEAST_VALUE)


def _difference(step: str, name: str, ours: np.ndarray, theirs: np.ndarray, least: float) -> Difference:
    if ours.shape != theirs.shape:
        raise ValueError(f"{step}: {name} has the shape {ours.shape}, not {theirs.shape}")
    error = np.abs(ours - theirs, dtype=np.float64)
    place = np.unravel_index(np.argmax(np.where(np.isnan(error), np.inf, error)), error.shape)
    scale = max(_largest(theirs), least)
    return Difference(step, name, float(error[place]) / scale, float(ours[place]), float(theirs[place]))


def _largest(array: np.ndarray) -> float:
    return float(np.abs(array).max(initial=0.0))
