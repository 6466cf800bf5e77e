"""Pictures of a sweep: validation curves of all runs, and the effect of each parameter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite, log10
from statistics import mean
from typing import TYPE_CHECKING

from trainer.problems import metric_of
from trainer.sweep.jobs import Job
from trainer.sweep.settings import REPEATS, settings
from trainer.training import objective
from trainer.views import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# For the best curves; most are from the palette of Okabe & Ito, which colour-blind people can tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8250df", "#1f2328")
REST = "#c9d1d9"
LOG_RATIO = 20  # values that span more are drawn on a logarithmic axis
FAILED = "#cf222e"
MOST_MEANS = 12

Curve = dict[int, list[float]]
"""epoch → the values of the runs that differ in their seed only."""


def draw_curves(jobs: Sequence[Job], short: Mapping[str, str], goal: str) -> Figure:
    """Draw validation curves over each other, the best in colour; seeds become mean and range.

    Args:
        jobs: At least one of them with metrics.
        short: A short name for each key in which they differ.
        goal: The objective, whose metric comes first.
    """
    groups: dict[str, list[list[dict]]] = defaultdict(list)
    for setting in settings(jobs, goal):
        for job in setting.jobs:
            if metrics := job.metrics:
                groups[setting.name(short) or job.name].append(metrics)
    columns = dict.fromkeys(name for runs in groups.values() for rows in runs for row in rows for name in row)
    validated = [name for name in columns if name.startswith("val_") and metric_of(name)]
    panels = sorted(validated, key=lambda name: (not goal.endswith(name), name == "val_loss")) or ["train_loss"]
    figure = style.new_figure(5.2 * len(panels) + 2.4, 4.2)
    for place, metric in enumerate(panels, start=1):
        axes = figure.add_subplot(1, len(panels), place)
        style.style_axes(axes, _title(metric))
        axes.set_xlabel("epoch")
        _draw_groups(axes, groups, metric)
    handles, labels = axes.get_legend_handles_labels()
    hidden = len(groups) - len(COLOURS)
    title = "best mean first" if any(len(runs) > 1 for runs in groups.values()) else "best first"
    title += f", {hidden} more in grey" if hidden > 0 else ""
    figure.legend(
        handles[::-1], labels[::-1], title=title, loc="outside right upper", alignment="left", frameon=False,
        fontsize=9, title_fontsize=9, labelcolor=style.INK, handlelength=1.4,
    )
    return figure


def _draw_groups(axes: Axes, groups: Mapping[str, list[list[dict]]], metric: str) -> None:
    finals = []
    for rank, (label, runs) in reversed([*enumerate(groups.items())]):  # the best on top
        curve = _curve(runs, metric)
        if not curve:
            continue
        finals += [value for values in curve.values() for value in values]
        coloured = rank < len(COLOURS)
        colour = COLOURS[rank] if coloured else REST
        marker = "o" if len(curve) == 1 else None
        means = [mean(values) for values in curve.values()]
        axes.plot(curve.keys(), means, color=colour, linewidth=1.8 if coloured else 0.9, marker=marker, markersize=4,
                  label=label if coloured else None, zorder=3 if coloured else 2)
        if any(len(values) > 1 for values in curve.values()):
            lows, highs = [min(values) for values in curve.values()], [max(values) for values in curve.values()]
            axes.fill_between(list(curve), lows, highs, color=colour, alpha=0.13 if coloured else 0.06, linewidth=0)
    if not metric_of(metric).higher_is_better and spread(finals) > LOG_RATIO:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def _title(column: str) -> str:
    return f"{'Validation' if column.startswith('val_') else 'Training'} {metric_of(column).label}"


def _curve(runs: Sequence[Sequence[dict]], metric: str) -> Curve:
    curve: Curve = defaultdict(list)
    for rows in runs:
        for row in rows:
            if isfinite(row.get(metric, float("nan"))):
                curve[int(row["epoch"])].append(row[metric])
    return dict(sorted(curve.items()))


def draw_effects(jobs: Sequence[Job], short: Mapping[str, str], goal: str) -> Figure:
    """Draw the objective against each parameter that differs between the jobs: a dot per run, a line through the means.

    A ring marks the best setting, at the mean over its seeds. The first parameter whose values are names gives the
    colours. Failed runs are crosses at the lower edge. The seed is drawn only if nothing else differs, since its effect
    teaches nothing.
    """
    keys = [key for key in jobs[0].values if key not in REPEATS] or list(jobs[0].values)
    named = (key for key in keys if len(keys) > 1 and any(number(job.values[key]) is None for job in jobs))
    hue = next((key for key in named if len({job.values[key] for job in jobs}) <= len(COLOURS)), None)
    hues = list(dict.fromkeys(job.values[hue] if hue else "" for job in jobs))
    columns = 2 if len(keys) == 4 else min(3, len(keys))
    figure = style.new_figure(4.4 * columns + (1.4 if hue else 0), 3.6 * -(-len(keys) // columns))
    first = None
    for place, key in enumerate(keys, start=1):
        axes = figure.add_subplot(-(-len(keys) // columns), columns, place, sharey=first)
        first = first or axes
        style.style_axes(axes, short[key])
        if (place - 1) % columns == 0:
            axes.set_ylabel(goal.replace("_", " "))
        places = _places(axes, [job.values[key] for job in jobs])
        for colour, name in zip(COLOURS, hues, strict=False):
            members = [job for job in jobs if not hue or job.values[hue] == name]
            _draw_effect(axes, members, key, goal, places, colour, name)
        _mark_best(axes, jobs, key, goal, places)
    if hue:
        figure.legend(
            *first.get_legend_handles_labels(), title=short[hue], loc="outside right upper", alignment="left",
            frameon=False, fontsize=9, title_fontsize=9, labelcolor=style.INK, handlelength=1.4,
        )
    return figure


def _draw_effect(
    axes: Axes, jobs: Sequence[Job], key: str, goal: str, places: Mapping[str, float], colour: str, label: str
) -> None:
    points: dict[float, list[float]] = defaultdict(list)
    for job in jobs:
        place, value = places[job.values[key]], objective.value(job.result, goal)
        if isfinite(value):
            points[place].append(value)
            axes.plot([place], [value], "o", markersize=5, color=colour, alpha=0.5, markeredgewidth=0)
        elif job.status == "failed":
            axes.plot([place], [0.02], "x", transform=axes.get_xaxis_transform(), markersize=6, color=FAILED)
    means = sorted((place, mean(values)) for place, values in points.items())
    if len(places) > MOST_MEANS:  # of a search, whose values hardly repeat: dots say more
        means = []
    axes.plot([place for place, _ in means], [value for _, value in means], color=colour, linewidth=1.6, label=label)


def _mark_best(axes: Axes, jobs: Sequence[Job], key: str, goal: str, places: Mapping[str, float]) -> None:
    """Ring the mean of the best setting, or the best run where only the seeds differ; scale the vertical axis."""
    best = settings(jobs, goal)[0]
    values = [value for job in jobs if isfinite(value := objective.value(job.result, goal))]
    if best.objectives:
        ring = {"markersize": 10, "markerfacecolor": "none", "markeredgewidth": 1.4, "color": style.INK}
        height = best.mean if key in best.values else best.objectives[0]
        axes.plot([places[best.jobs[0].values[key]]], [height], "o", **ring)
    if not objective.maximised(goal) and spread(values) > LOG_RATIO:
        axes.set_yscale("log")


def _places(axes: Axes, texts: Sequence[str]) -> dict[str, float]:
    """Return where each value stands on the horizontal axis, which is made numeric, logarithmic or a row of names."""
    distinct = list(dict.fromkeys(texts))
    numbers = [number(text) for text in distinct]
    if None in numbers:
        names = sorted(distinct)
        steep = sum(map(len, names)) > 36
        axes.set_xticks(range(len(names)), names, rotation=30 if steep else 0, ha="right" if steep else "center")
        axes.set_xlim(-0.5, len(names) - 0.5)
        return {name: float(place) for place, name in enumerate(names)}
    if spread(numbers) > LOG_RATIO:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(_plain)
    few = len(numbers) <= 6 and _apart(numbers)
    if few:
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


def spread(values: Sequence[float]) -> float:
    """Return the ratio of the largest to the smallest value; 0 where not all are positive."""
    return max(values) / min(values) if values and min(values) > 0 else 0.0


def _apart(numbers: Sequence[float]) -> bool:
    """Return whether ticks at these numbers would not overlap."""
    scale = log10 if spread(numbers) > LOG_RATIO else float
    places = sorted(map(scale, numbers))
    gaps = [after - before for before, after in pairwise(places)]
    return not gaps or min(gaps) > 0.12 * (places[-1] - places[0])


def _plain(value: float, _: int) -> str:
    return f"{value:g}"
