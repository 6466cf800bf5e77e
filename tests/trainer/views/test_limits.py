"""Axes that one value out of all proportion does not ruin."""

from math import inf, nan

import pytest

from trainer.views import style
from trainer.views.limits import bounds, far_off, fit


@pytest.mark.parametrize(
    ("levels", "higher", "expected"),
    [
        ([0.3, 0.35, 1e12], False, {2}),
        ([0.3, 1e12], False, {1}),
        ([0.3, 0.5], False, set()),
        ([0.01, 0.1, 0.3, 1.0], False, set()),
        ([0.1, nan, inf, 0.2], False, {1, 2}),
        ([0.97, 0.98, 0.96, 0.1], True, {3}),
        ([0.97, 0.1], True, set()),
        ([0.8, -1e9], True, {1}),
        ([0.5, 0.6, 0.7, 0.8, 0.9], True, set()),
        ([0.0, 0.0, 0.0], True, set()),
        ([1.0], False, set()),
        ([], False, set()),
    ],
)
def test_what_is_far_off(levels, higher, expected):
    assert far_off(levels, higher) == expected


def test_bounds_leave_room():
    assert bounds([1, 3, nan]) == pytest.approx((0.88, 3.12))
    low, high = bounds([1e-3, 1.0], logarithmic=True)
    assert low < 1e-3 < 1 < high
    assert bounds([nan]) is None
    low, high = bounds([2, 2])
    assert low < 2 < high


def test_a_logarithmic_axis_has_more_than_one_tick():
    figure = style.new_figure(3, 3)
    axes = figure.add_subplot()
    fit(axes, [0.15, 8.0], higher_is_better=False)
    figure.canvas.draw()
    low, high = axes.get_ylim()
    assert axes.get_yscale() == "log"
    assert len([tick for tick in axes.get_yticks() if low <= tick <= high]) >= 3
