"""The curves of a sweep: figures of all runs over the epochs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import mean
from typing import TYPE_CHECKING

from trainer.problems import metric_of, shown
from trainer.runs import named
from trainer.sweep.jobs import Job, pruned
from trainer.sweep.settings import mean_and_deviation, repeated, settings
from trainer.training import objective
from trainer.views import style
from trainer.views.limits import far_off, fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_COLOURED = len(style.PALETTE)
MOST_BANDS = 3  # settings with the range over their seeds and their training; more would hide each other
MOST_FAILED = 3  # that are named
LONGEST = 44  # characters of a name in a legend

Curve = dict[int, list[float]]
"""epoch → the values of the runs that differ in their seed only."""


@dataclass
class Group:
    """The runs of one setting.

    Attributes:
        label: Names it.
        runs: Their rows of metrics.csv; none for a run that wrote no epoch.
        failed, pruned: How many of the runs are.
    """

    label: str
    runs: list[list[dict[str, float]]]
    failed: int
    pruned: int

    def curve(self, metric: str) -> Curve:
        """Return the finite values of all runs by epoch."""
        curve: Curve = defaultdict(list)
        for rows in self.runs:
            for row in rows:
                if isfinite(row.get(metric, float("nan"))):
                    curve[int(row["epoch"])].append(row[metric])
        return dict(sorted(curve.items()))

    @property
    def remark(self) -> str:
        """How it ended, where that is not as planned."""
        total = max(1, len(self.runs))
        found = [(self.failed, "failed"), (self.pruned, "pruned")]
        return ", ".join(f"{n} of {total} {how}" if total > 1 else how for n, how in found if n)


def draw_curves(jobs: Sequence[Job], short: Mapping[str, str], goal: str) -> Figure:
    """Draw validation curves over each other, the best in colour; runs that differ in seed or fold are one mean.

    The best few settings also have the range over their seeds and, dashed, their training. The axes fit most curves:
    those far off all others are named, with their last value, in the legend. Failed settings are named there too.

    Args:
        jobs: At least one of them with metrics.
        short: A short name for each key in which they differ.
        goal: The objective, whose metric comes first.
    """
    members: dict[str, list[Job]] = defaultdict(list)
    for setting in settings(jobs, goal):
        for job in setting.jobs:
            members[setting.name(short) or f"mean of {repeated(short, len(setting.jobs))}"].append(job)
    found = [_group(label, runs) for label, runs in members.items()]
    groups = [group for group in found if any(group.runs)]
    columns = dict.fromkeys(name for group in groups for rows in group.runs for row in rows for name in row)
    validated = [name for name in columns if name.startswith("val_") and metric_of(name)]
    panels = sorted(validated, key=lambda name: (not goal.endswith(name), name == "val_loss")) or ["train_loss"]
    coloured = style.colours(group.label for group in groups[:MOST_COLOURED])
    figure = style.new_figure((4.6 if len(panels) < 3 else 3.8) * len(panels), 3.8)
    off: dict[str, str] = {}
    for place, metric in enumerate(panels, start=1):
        axes = figure.add_subplot(1, len(panels), place)
        style.style_axes(axes, _title(metric))
        axes.set_xlabel("epoch")
        off = {**_draw_groups(axes, groups, metric, coloured), **off}
    has_training = any(_training(group, metric) for group in groups[:MOST_BANDS] for metric in panels)
    _legend(figure, groups, [group for group in found if not any(group.runs)], coloured, off, has_training)
    style.headline(figure, *heading(jobs, short, goal))
    return figure


def _group(label: str, jobs: Sequence[Job]) -> Group:
    failed = sum(job.status == "failed" for job in jobs)
    return Group(label, [job.metrics for job in jobs], failed, sum(map(pruned, jobs)))


def heading(jobs: Sequence[Job], short: Mapping[str, str], goal: str) -> tuple[str, str]:
    """Return title and subtitle of a sweep's pictures: what was swept on what, how it ended, and what is best."""
    chosen = {} if not jobs else named.choices(jobs[0].directory)
    fixed = [chosen[key] for key in ("model", "data") if key in chosen and key not in jobs[0].values]
    swept = " and ".join(filter(None, [", ".join([*short.values()][:-1]), *[*short.values()][-1:]]))
    title = f"{' on '.join(fixed)}: {swept}" if fixed else swept or "sweep"
    ended = [(sum(job.status == "failed" for job in jobs), "failed"), (sum(map(pruned, jobs)), "pruned")]
    parts = [f"{len(jobs)} runs", *(f"{count} {how}" for count, how in ended if count)]
    best = settings(jobs, goal)[0]
    if best.mean is not None:
        metric = metric_of(objective.metric(goal))
        what = metric.label if metric else goal
        if best.values:
            parts.append(f"best: {best.name(short)}, {what} {shown(best.mean)}")
        else:
            parts.append(f"{what} {mean_and_deviation(best.objectives)}")
    return title, ", ".join(parts)


def _draw_groups(axes: Axes, groups: Sequence[Group], metric: str, coloured: Mapping[str, str]) -> dict[str, str]:
    """Draw a curve for each group; return those that lie far off, with their last value."""
    curves = [group.curve(metric) for group in groups]
    drawn = [place for place, curve in enumerate(curves) if curve]
    higher = metric_of(metric).higher_is_better
    last = [mean([*curves[place].values()][-1]) for place in drawn]
    far = {drawn[place] for place in far_off(last, higher)}
    for place in reversed(drawn):  # the best on top
        _draw_group(axes, groups[place], metric, place, coloured.get(groups[place].label))
    near = [
        value
        for place in drawn
        if place not in far
        for values in curves[place].values()
        for value in (values if place < MOST_BANDS else [mean(values)])
    ]
    trained = [_training(groups[place], metric) for place in drawn if place not in far and place < MOST_BANDS]
    near += [mean(values) for curve in trained for values in curve.values()]
    near = [value for place, value in enumerate(near) if place not in far_off(near, higher)]
    fit(axes, near, higher)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    label = metric_of(metric).label
    return {groups[place].label: f"{label} {last[drawn.index(place)]:.3g}" for place in sorted(far)}


def _draw_group(axes: Axes, group: Group, metric: str, rank: int, colour: str | None) -> None:
    curve = group.curve(metric)
    means = [mean(values) for values in curve.values()]
    look = {"color": colour or style.REST, "zorder": 3 if colour else 2, "linewidth": 1.8 if colour else 0.9}
    marker = "o" if len(curve) == 1 else None
    axes.plot(curve.keys(), means, marker=marker, markersize=4, label=group.label if colour else None, **look)
    if rank >= MOST_BANDS:
        return
    if any(len(values) > 1 for values in curve.values()):
        lows, highs = [min(values) for values in curve.values()], [max(values) for values in curve.values()]
        axes.fill_between(list(curve), lows, highs, color=colour, alpha=0.13, linewidth=0)
    if trained := _training(group, metric):
        averages = [mean(values) for values in trained.values()]
        axes.plot(trained.keys(), averages, **look | {"linewidth": 1, "linestyle": (0, (4, 2))})


def _training(group: Group, metric: str) -> Curve:
    """Return the curve of the training that belongs to one of the validation."""
    return group.curve(metric.replace("val_", "train_", 1)) if metric.startswith("val_") else {}


def _legend(
    figure: Figure, groups: Sequence[Group], without: Sequence[Group], coloured: Mapping[str, str],
    off: Mapping[str, str], has_training: bool,
) -> None:  # fmt: skip
    from matplotlib.lines import Line2D

    entries = []
    everything = [group.label for group in [*groups, *without]]
    names = dict(zip(everything, style.shortened(everything, LONGEST), strict=True))
    for group in groups:
        if group.label in coloured:
            remarks = [f"off the axis: {off[group.label]}" if group.label in off else "", group.remark]
            label = names[group.label] + "".join(f"\n  {remark}" for remark in remarks if remark)
            entries.append((Line2D([], [], color=coloured[group.label], linewidth=1.8), label))
    if hidden := len(groups) - len(coloured):
        rest = [group for group in groups if group.label not in coloured]
        ended = [(sum(group.failed for group in rest), "failed"), (sum(group.pruned for group in rest), "pruned")]
        remark = "\n  " + ", ".join(f"{count} {how}" for count, how in ended if count)
        entries.append((Line2D([], [], color=style.REST, linewidth=0.9), f"{hidden} more{remark.rstrip()}"))
    cross = Line2D([], [], color=style.FAILED, linestyle="", marker="x")
    entries += [(cross, f"{names[group.label]}\n  {group.remark or 'no epoch'}") for group in without[:MOST_FAILED]]
    if len(without) > MOST_FAILED:
        entries.append((cross, f"{len(without) - MOST_FAILED} more without an epoch"))
    if has_training:
        first = f"best {MOST_BANDS}: " if len(groups) > MOST_BANDS else ""
        entries.append((Line2D([], [], color=style.FAINT, linewidth=1, linestyle=(0, (4, 2))), f"{first}training"))
    title = "best mean first" if any(len(group.runs) > 1 for group in groups) else "best first"
    title = title if len(groups) + len(without) > 1 else ""
    style.side_legend(figure, entries, title)


def _title(column: str) -> str:
    return f"{'Validation' if column.startswith('val_') else 'Training'} {metric_of(column).label}"
