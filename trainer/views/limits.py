"""Axes that outliers do not ruin."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, log10
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOG_RATIO = 20  # positive values that span more are drawn on a logarithmic axis
FAR = 8.0  # in median deviations from the median
LEAST_DECADES, LEAST_SHARE = 0.7, 0.25  # that are never far: on a logarithmic axis, and of the median on a linear one
APART = 8.0  # how many times as much is far where there are only two


def spread(values: Sequence[float]) -> float:
    """Return the ratio of the largest to the smallest value; 0 where not all are positive."""
    return max(values) / min(values) if values and min(values) > 0 else 0.0


def far_off(levels: Sequence[float], higher_is_better: bool) -> set[int]:
    """Return the indices of the levels that are too far from most others for an axis to include them.

    Most of the levels are kept. Levels that are not finite are far off.

    Args:
        levels: One of each curve or run.
        higher_is_better: Whether a higher level is better; of two levels, the better one is kept.
    """
    known = {place: level for place, level in enumerate(levels) if isfinite(level)}
    far = {*range(len(levels))} - known.keys()
    if len(known) < 2:
        return far
    decades = min(known.values()) > 0 and not higher_is_better
    scaled = {place: log10(level) if decades else level for place, level in known.items()}
    middle = median(scaled.values())
    if len(known) == 2:
        middle = max(scaled.values()) if higher_is_better else min(scaled.values())
    reach = max(LEAST_DECADES if decades else LEAST_SHARE * abs(middle), 1e-9)
    if len(known) == 2:
        reach *= APART if not decades else 3
    else:
        reach = max(reach, FAR * median(abs(value - middle) for value in scaled.values()))
    return far | {place for place, value in scaled.items() if abs(value - middle) > reach}


def fit(axes: Axes, values: Sequence[float], higher_is_better: bool) -> None:
    """Scale the vertical axis to these values: logarithmically if they are positive, span much, and lower is better."""
    logarithmic = not higher_is_better and spread(values) > LOG_RATIO
    if logarithmic:
        axes.set_yscale("log")
        few = spread(values) < 1000
        axes.yaxis.get_major_locator().set_params(subs=(1.0, 2.0, 5.0) if few else (1.0,))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
    if limits := bounds(values, logarithmic):
        axes.set_ylim(limits)


def bounds(values: Sequence[float], logarithmic: bool = False) -> tuple[float, float] | None:
    """Return limits of an axis with some room around the finite values; None where there are none."""
    known = [value for value in values if isfinite(value) and (value > 0 or not logarithmic)]
    if not known:
        return None
    low, high = min(known), max(known)
    if logarithmic:
        room = (high / low) ** 0.06 if high > low else 1.2
        return low / room, high * room
    size = max(abs(low), abs(high))
    room = 0.06 * (high - low) if high - low > 1e-9 * size else 0.05 * size or 0.05  # mere rounding does not count
    return low - room, high + room
