"""The effects of a sweep: its objective against each parameter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite, log10
from statistics import mean
from typing import TYPE_CHECKING

from trainer.problems import metric_of
from trainer.sweep.jobs import Job, pruned
from trainer.sweep.plots import heading
from trainer.sweep.settings import REPEATS, settings
from trainer.training import objective
from trainer.views import style
from trainer.views.limits import LOG_RATIO, far_off, fit, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_MEANS = 12
LONGEST = 26  # characters of a name
EDGE = 0.025  # of the height of the axes, where what has no place on them is marked


def draw_effects(jobs: Sequence[Job], short: Mapping[str, str], goal: str) -> Figure:
    """Draw the objective against each parameter that differs between the jobs: a dot per run, a line through the means.

    Without a line are the parameters of a search, whose values hardly repeat.
    A ring marks the best setting, at the mean over its seeds. The first parameter whose values are names gives the
    colours. Pruned runs are hollow, failed ones crosses at the lower edge; those far off all others are triangles at
    the edge. Seeds and folds are left out: something else has to differ, too.
    """
    keys = [key for key in jobs[0].values if key not in REPEATS]
    words = (key for key in keys if len(keys) > 1 and any(number(job.values[key]) is None for job in jobs))
    hue = next((key for key in words if len({job.values[key] for job in jobs}) <= len(style.PALETTE)), None)
    names = {job.values[hue]: f"{short[hue]}={job.values[hue]}" for job in jobs} if hue else {"": ""}
    colours = style.colours(names.values()) if hue else {"": style.PALETTE[0]}
    columns = 2 if len(keys) == 4 else min(3, len(keys))
    figure = style.new_figure(4.2 * columns, 3.4 * -(-len(keys) // columns))
    marks = Marks(jobs, goal)
    first = None
    for place, key in enumerate(keys, start=1):
        axes = figure.add_subplot(-(-len(keys) // columns), columns, place, sharey=first)
        style.style_axes(axes, style.plain(short[key]))
        first = first or axes
        if (place - 1) % columns == 0:
            axes.set_ylabel(objective.label(goal))
        places = _places(axes, [job.values[key] for job in jobs])
        repeats = len(keys) == 1 or len(jobs) >= 2 * len({*places.values()})  # in a search they hardly do
        for value, name in names.items():
            members = [job for job in jobs if not hue or job.values[hue] == value]
            marks.draw(axes, {job.name: places[job.values[key]] for job in members}, colours[name], repeats)
        _mark_best(axes, jobs, key, goal, places)
    marks.fit(first)
    entries = zip(names.values(), style.shortened([*names.values()], LONGEST), strict=True)
    lines = [(_line(color=colours[name], linewidth=1.6), short) for name, short in entries if name]
    style.side_legend(figure, [*lines, *marks.entries(style.FAINT if hue else colours[""]), *_best_entry(jobs, goal)])
    style.headline(figure, *heading(jobs, short, goal))
    return figure


def _line(**look: object) -> object:
    from matplotlib.lines import Line2D

    return Line2D([], [], **look)


class Marks:
    """How each run is marked by how it ended, with the legend of it.

    Args:
        jobs: The jobs of the sweep.
        goal: The objective, which is the height of a mark.
    """

    def __init__(self, jobs: Sequence[Job], goal: str) -> None:
        self.jobs, self.goal, self.higher = jobs, goal, objective.maximised(goal)
        values = {job.name: objective.value(job.result, goal) for job in jobs}
        self.values = {name: value for name, value in values.items() if isfinite(value)}
        far = far_off([*self.values.values()], self.higher)
        self.far = {name for place, name in enumerate(self.values) if place in far}
        self.pruned = {job.name for job in jobs if pruned(job)}
        self.failed = {job.name for job in jobs if job.status == "failed"}

    def draw(self, axes: Axes, places: Mapping[str, float], colour: str, means: bool = True) -> None:
        """Mark the runs of these names at these places, with a line through the means if wanted."""
        points: dict[float, list[float]] = defaultdict(list)
        edge = {"transform": axes.get_xaxis_transform(), "clip_on": False, "linestyle": ""}
        for name, place in places.items():
            if name in self.failed:
                axes.plot([place], [EDGE], marker="x", markersize=6, color=style.FAILED, **edge)
            elif name in self.far:
                height, marker = (EDGE, "v") if self.higher else (1 - EDGE, "^")
                axes.plot([place], [height], marker=marker, markersize=6, color=colour, **edge)
            elif name in self.values:
                face = style.PAPER if name in self.pruned else colour
                look = {"markersize": 5, "color": colour, "markerfacecolor": face, "alpha": 0.65}
                axes.plot([place], [self.values[name]], "o", **look)
                points[place].append(self.values[name])
        if means and len(points) <= MOST_MEANS:
            line = sorted((place, mean(values)) for place, values in points.items())
            axes.plot(*zip(*line, strict=True) if line else ((), ()), color=colour, linewidth=1.6)

    def fit(self, axes: Axes) -> None:
        """Scale the vertical axis so that the runs that are near each other fill it."""
        near = [value for name, value in self.values.items() if name not in self.far]
        fit(axes, near, self.higher)

    def entries(self, colour: str = style.FAINT) -> list[tuple[object, str]]:
        """Return the legend's entries for the marks, in their colour if all have one."""
        dot = {"linestyle": "", "color": colour, "marker": "o", "markersize": 5}
        found = [(_line(**dot), "a run")]
        if self.pruned & self.values.keys():
            found.append((_line(**dot, markerfacecolor=style.PAPER), f"pruned ({len(self.pruned)})"))
        if self.far:
            label = metric_of(objective.metric(self.goal))
            worst = (min if self.higher else max)(self.values[name] for name in self.far)
            text = f"off the axis ({len(self.far)})\n  to {label.label if label else ''} {worst:.3g}"
            found.append((_line(**dot | {"marker": "v" if self.higher else "^", "markersize": 6}), text))
        if self.failed:
            cross = {"linestyle": "", "color": style.FAILED, "marker": "x", "markersize": 6}
            found.append((_line(**cross), f"failed ({len(self.failed)})"))
        return found


def _mark_best(axes: Axes, jobs: Sequence[Job], key: str, goal: str, places: Mapping[str, float]) -> None:
    """Ring the mean of the best setting."""
    best = settings(jobs, goal)[0]
    if best.objectives:
        axes.plot([places[best.values[key]]], [best.mean], **RING)


RING = {"marker": "o", "markersize": 10, "markerfacecolor": "none", "markeredgewidth": 1.4, "color": style.INK,
        "linestyle": ""}  # fmt: skip


def _best_entry(jobs: Sequence[Job], goal: str) -> list[tuple[object, str]]:
    best = settings(jobs, goal)[0]
    label = "best setting" if len(best.jobs) > 1 else "best run"
    return [(_line(**RING), label)] if best.objectives else []


def _places(axes: Axes, texts: Sequence[str]) -> dict[str, float]:
    """Return where each value is on the horizontal axis, which is made numeric, logarithmic or a row of names."""
    distinct = list(dict.fromkeys(texts))
    numbers = [number(text) for text in distinct]
    if None in numbers or _uneven(numbers):
        names = sorted(distinct, key=lambda text: text if None in numbers else float(text))
        labels = style.shortened(names, LONGEST)
        steep = sum(map(len, labels)) > 32
        axes.set_xticks(range(len(names)), labels, rotation=90 if steep else 0)
        axes.set_xlim(-0.5, len(names) - 0.5)
        return {name: float(place) for place, name in enumerate(names)}
    if spread(numbers) > LOG_RATIO:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(_plain)
    if len(numbers) <= 6 and _apart(numbers):
        axes.set_xticks(sorted(numbers), [distinct[numbers.index(number)] for number in sorted(numbers)])
        axes.minorticks_off()
    return dict(zip(distinct, numbers, strict=True))


def number(text: str) -> float | None:
    """Return a value as a number if it is one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _uneven(numbers: Sequence[float]) -> bool:
    """Return whether some numbers are not positive and the others span too much for a linear axis."""
    positive = [each for each in numbers if each > 0]
    return len(positive) < len(numbers) <= MOST_MEANS and spread(positive) > LOG_RATIO


def _apart(numbers: Sequence[float]) -> bool:
    """Return whether ticks at these numbers would not overlap."""
    scale = log10 if spread(numbers) > LOG_RATIO else float
    places = sorted(map(scale, numbers))
    gaps = [after - before for before, after in pairwise(places)]
    return not gaps or min(gaps) > 0.12 * (places[-1] - places[0])


def _plain(value: float, _: int) -> str:
    return f"{value:g}"
