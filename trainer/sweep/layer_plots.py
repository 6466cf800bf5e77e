"""The layers of a sweep's runs beside each other: what gradient reaches them, and which of their units are lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from trainer.runs.folder import LAYER_FIGURES
from trainer.runs.records import RecordError, read_layers
from trainer.sweep.jobs import Job
from trainer.sweep.plots import LONGEST, MOST_FAILED, heading
from trainer.sweep.settings import settings
from trainer.views import style
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SETTINGS = len(style.PALETTE)
FEW = 0.02  # lost units that are not worth a panel
WEIGHTED = ("Linear", "Conv2d")  # whose gradients can be compared

Profile = dict[str, float]
"""By layer, from the input to the output."""


def draw_layers(jobs: Sequence[Job], short: Mapping[str, str], goal: str) -> Figure:
    """Draw a line for each setting: the gradient of each layer in the first epoch, and its lost units in the last.

    Lost are the dead and the saturated. Of runs that differ in their seed the best is drawn.

    Raises:
        UnsuitableError: No run has written layers.csv.
    """
    best = {each.name(short) or each.jobs[0].name: each.jobs[0] for each in settings(jobs, goal)}
    rows = {label: _rows(job) for label, job in best.items()}
    without = [label for label, own in rows.items() if not own][:MOST_FAILED]
    rows = {label: own for label, own in rows.items() if own}
    if not rows:
        raise UnsuitableError(f"no run of the sweep has a {LAYER_FIGURES}")
    labels = [*rows][:MOST_SETTINGS]
    gradients = {label: _gradients(rows[label]) for label in labels}
    lost = {label: _lost(rows[label]) for label in labels}
    colours = style.colours(labels)
    panels = [("Gradient per parameter, first epoch", "layer that learns", gradients)]
    if any(max(profile.values(), default=0) > FEW for profile in lost.values()):
        panels.append(("Dead or saturated units, last epoch", "activation", lost))
    figure = style.new_figure(4.6 * len(panels), 3.6)
    for place, (title, label, profiles) in enumerate(panels, start=1):
        axes = figure.add_subplot(1, len(panels), place)
        style.style_axes(axes, title)
        axes.set_xlabel(f"{label}, from the input to the output")
        _draw(axes, profiles, colours, shares=profiles is lost)
    from matplotlib.lines import Line2D

    names = style.shortened([*labels, *without], LONGEST)
    entries = [(Line2D([], [], color=colours[label], marker="o", markersize=4), name)
               for label, name in zip(labels, names, strict=False)]  # fmt: skip
    cross = Line2D([], [], color=style.FAILED, linestyle="", marker="x")
    ended = ["failed" if best[label].status == "failed" else "no epoch" for label in without]
    entries += [(cross, f"{name}\n  {how}") for name, how in zip(names[len(labels) :], ended, strict=True)]
    style.side_legend(figure, entries, "best first")
    style.headline(figure, *heading(jobs, short, goal))
    return figure


def _draw(axes: Axes, profiles: Mapping[str, Profile], colours: Mapping[str, str], shares: bool) -> None:
    for label, profile in profiles.items():
        places = range(1, len(profile) + 1)
        axes.plot(places, [*profile.values()], color=colours[label], marker="o", markersize=4, linewidth=1.6)
    if shares:
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_formatter("{x:.0%}")
    else:
        axes.set_yscale("log")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def _rows(job: Job) -> list[dict[str, Any]]:
    """Return the rows of a job's layers.csv from the first epoch on; none if it has none."""
    with suppress(FileNotFoundError, RecordError):
        return [row for row in read_layers(job.directory / LAYER_FIGURES) if row["epoch"]]
    return []


def _gradients(rows: Sequence[Mapping[str, Any]]) -> Profile:
    """Return the gradient per parameter of each layer in the first epoch."""
    first = [row for row in rows if row["epoch"] == rows[0]["epoch"] and row["kind"] in WEIGHTED]
    found = {row["layer"]: row.get("gradient_rms") for row in first}
    return {layer: value for layer, value in found.items() if value}


def _lost(rows: Sequence[Mapping[str, Any]]) -> Profile:
    """Return the share of each activation's units that are dead or saturated in the last epoch."""
    last = [row for row in rows if row["epoch"] == rows[-1]["epoch"]]
    found = {row["layer"]: (row.get("dead"), row.get("saturated")) for row in last}
    return {layer: max(each or 0.0 for each in pair) for layer, pair in found.items() if pair != (None, None)}
