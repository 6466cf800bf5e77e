"""Derivatives of a loss from its values."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import sqrt
from typing import NamedTuple

import numpy as np

STEPS = 1e-6, 1e-7  # half the distance between a quotient's points; the second is tried where a kink spoils the first
TOLERANCE = 1e-5  # largest relative error of a derivative


class Verdict(NamedTuple):
    """What was found along some lines."""

    checked: int
    kinks: int  # lines along which a kink spoils the quotient
    error: float  # the largest, relative
    worst: str  # where that is, with both values


class Line(NamedTuple):
    """A straight line through the values of an array, and the loss's derivative along it by the gradient."""

    place: str
    loss: Callable[[float], float]  # at a signed distance from the array's values
    derivative: float
    scale: float  # of derivatives along such lines


def elements(
    array: np.ndarray, gradient: np.ndarray, loss: Callable[[], float], rng: np.random.Generator
) -> Iterator[Line]:
    """Yield a line for each element, in random order; `loss` computes the loss of the array's current values."""
    scale = float(np.abs(gradient).max())
    for index in rng.permutation(array.size):
        place = f"at {[int(i) for i in np.unravel_index(index, array.shape)]}"
        yield Line(place, partial(_moved, loss, array, index, 1.0), float(gradient.flat[index]), scale)


def directions(
    array: np.ndarray, gradient: np.ndarray, loss: Callable[[], float], rng: np.random.Generator
) -> Iterator[Line]:
    """Yield lines along which all elements change by equal amounts, up or down."""
    scale = float(np.linalg.norm(gradient)) / sqrt(array.size)
    while True:
        weights = rng.choice([-1.0, 1.0], array.size) / sqrt(array.size)
        derivative = float(gradient.reshape(-1) @ weights)
        yield Line("along a random direction", partial(_moved, loss, array, slice(None), weights), derivative, scale)


def _moved(
    loss: Callable[[], float], array: np.ndarray, where: int | slice, weights: float | np.ndarray, distance: float
) -> float:
    flat = array.reshape(-1, copy=False)
    start = flat[where].copy()
    flat[where] = start + distance * weights
    value = loss()
    flat[where] = start
    return value


def judge(lines: Iterable[Line], enough: int, least: float) -> Verdict:
    """Compare derivatives with difference quotients along `enough` lines; errors are relative to `least` at least."""
    checked, kinks, largest, worst = 0, 0, np.inf, "no smooth place was found"
    for line in lines:
        scale = max(least, line.scale)
        quotient, says = difference_quotient(line.loss, line.derivative, TOLERANCE * scale)
        if not says:
            kinks += 1
            continue
        error = abs(line.derivative - quotient) / max(scale, abs(quotient))
        if not checked or not error <= largest:  # so that NaN counts as largest
            largest = error if np.isfinite(error) else np.inf
            worst = f"{line.place} it is {line.derivative:.9g}, the difference quotient {quotient:.9g}"
        checked += 1
        if checked == enough:
            break
    return Verdict(checked, kinks, largest, worst)


def difference_quotient(loss: Callable[[float], float], derivative: float, allowed: float) -> tuple[float, bool]:
    """Return the difference quotient at 0, and whether a derivative can be judged by it.

    It is the central quotient or, beside a kink such as a ReLU's, a one-sided quotient that the derivative agrees with.
    With kinks on both sides no quotient says anything. That can be seen: for a smooth function the central quotients of
    one step and of two steps agree, and the difference between the right and the left quotient doubles with the step.

    Args:
        loss: At a signed distance.
        derivative: The derivative of the loss at 0.
        allowed: The largest difference that counts as agreement.
    """
    for step in STEPS:
        left, right = loss(-step), loss(step)
        central = (right - left) / (2 * step)
        mismatch = abs(derivative - central)
        if mismatch <= allowed:
            return central, True
        far_left, here, far_right = loss(-2 * step), loss(0), loss(2 * step)
        of_left = (3 * here - 4 * left + far_left) / (2 * step)
        of_right = (4 * right - 3 * here - far_right) / (2 * step)
        for one_sided in (of_left, of_right):
            if abs(derivative - one_sided) <= allowed:
                return one_sided, True
        wide = (far_right - far_left) / (4 * step)
        bend, wide_bend = (right - 2 * here + left) / step, (far_right - 2 * here + far_left) / (2 * step)
        if not max(abs(wide - central), abs(wide_bend - 2 * bend)) > mismatch / 10:
            return central, True
    return central, False
