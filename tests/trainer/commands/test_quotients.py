"""Difference quotients, and where they say nothing."""

from itertools import islice

import numpy as np
import pytest

from trainer.commands.quotients import STEPS, difference_quotient, directions, elements, judge


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("distance", [0.01, 0.3, 0.47, 0.66, 0.9, 1.3, 2.5])
def test_beside_a_kink_one_side_is_right(distance, step):
    distance *= step
    for sign in (-1, 1):
        loss = lambda t, sign=sign: 3 * abs(sign * distance + t) + np.sin(t)  # noqa: E731
        assert difference_quotient(loss, 3 * sign + 1, 1e-5) == (pytest.approx(3 * sign + 1, abs=2e-8), True)


@pytest.mark.parametrize("distance", [0, 0.01, 0.3, 0.47, 0.66, 0.9])
def test_near_a_kink_nothing_is_wrong(distance):
    """Of no slope that is neither that of the left nor that of the right side."""
    distance *= STEPS[-1]
    for slope in (-1.0, 0.5, 3.0):
        assert not difference_quotient(lambda t: abs(distance + t) + np.sin(t), slope, 1e-5)[1]


def test_between_two_kinks():
    loss = lambda t: abs(t + 0.5 * STEPS[-1]) + abs(t - 0.7 * STEPS[-1])  # noqa: E731
    assert not difference_quotient(loss, 0.0, 1e-5)[1]


def test_smooth_places_say_what_is_wrong():
    for wrong in (3.0001, 2.0, -3.0, np.nan):
        quotient, says = difference_quotient(lambda t: np.exp(3 * t), wrong, 1e-5)
        assert says
        assert quotient == pytest.approx(3, rel=1e-8)


def lines(kind, array, gradient, function):
    return islice(kind(array, gradient, lambda: function(array), np.random.default_rng(0)), 50)


@pytest.mark.parametrize("kind", [elements, directions])
@pytest.mark.parametrize("shape", [(), (7,), (2, 3, 4)])
def test_lines_through_an_array(kind, shape):
    array = np.random.default_rng(1).normal(size=shape)
    before = array.copy()
    right = judge(lines(kind, array, np.cos(array), lambda x: np.sin(x).sum()), 10, 1e-3)
    assert right.checked == (min(10, array.size) if kind is elements else 10)
    assert right.kinks == 0
    assert right.error < 1e-7
    wrong = judge(lines(kind, array, 1.1 * np.cos(array), lambda x: np.sin(x).sum()), 10, 1e-3)
    assert 0.05 < wrong.error < 1
    assert ("at [" if kind is elements else "along a random direction") in wrong.worst
    np.testing.assert_array_equal(array, before)


def test_the_largest_error_is_shown():
    array = np.zeros(5)
    gradient = np.array([1, 1, 1.2, np.nan, 1])
    verdict = judge(lines(elements, array, gradient, np.sum), 5, 1e-3)
    assert verdict.error == np.inf
    assert verdict.worst.startswith("at [3] it is nan, the difference quotient ")
    gradient[3] = 1
    assert judge(lines(elements, array, gradient, np.sum), 5, 1e-3).worst.startswith("at [2] it is 1.2, ")


def test_nothing_but_kinks():
    array = np.zeros(4)
    verdict = judge(lines(elements, array, np.full(4, 0.5), lambda x: np.abs(x).sum()), 4, 1e-3)
    assert verdict == (0, 4, np.inf, "no smooth place was found")
