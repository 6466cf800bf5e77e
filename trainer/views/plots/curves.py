"""Learning curves: loss, other metrics and the learning rate over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from trainer.problems import metric_of, shown
from trainer.views import style
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

SERIES = {"train": ("training", style.TRAIN), "val": ("validation", style.VALIDATION)}
LOG_RATIO = 50  # a loss that falls further than this is drawn on a logarithmic axis
# Inches: the heights of a panel, of its legend, of the learning rate, and of what is between them.
PANEL, LEGEND, RATE, GAP = 2.5, 0.42, 0.42, 0.36


def draw(subject: Subject) -> Figure:
    if not subject.history:
        raise UnsuitableError("metrics.csv has no epoch yet")
    best = subject.result.get("best") or {}
    by = str(subject.result.get("best_by") or "val_loss").removeprefix("val_")
    return draw_curves(subject.history, best.get("epoch"), by, subject.title, subject.reached)


def draw_curves(
    history: Sequence[dict[str, float | None]],
    kept: int | None = None,
    kept_by: str = "loss",
    title: str = "",
    reached: str = "",
) -> Figure:
    """Draw every metric that the history has, of training and validation, and beneath it the learning rate.

    Each panel marks the best value of its own metric, by a ring, and the epoch whose weights are kept, by a line. A
    learning rate that never changes is said in the title.

    Args:
        history: One row per epoch with the columns of metrics.csv: epoch, train_loss, val_loss, train_accuracy, ...
        kept: The epoch whose weights are kept; None: it is not known.
        kept_by: The metric by which it was the best.
        title: Names the run.
        reached: What it has reached.
    """
    columns = [name for name in dict.fromkeys(name for row in history for name in row) if metric_of(name)]
    metrics = dict.fromkeys(name.partition("_")[2] for name in columns if _values(history, name))
    panels = sorted(metrics, key=lambda metric: metric != "loss")
    rates = _values(history, "lr")
    if len({*rates.values()}) == 1:
        if len(rates) > 1:  # of a single epoch, the rate of its last step says nothing
            reached = ", ".join(filter(None, [reached, f"learning rate {next(iter(rates.values())):g}"]))
        rates = {}
    width, beneath = max(1, len(panels)), RATE + GAP if rates else 0.0
    height = style.TOP + LEGEND + PANEL + beneath + style.BOTTOM
    figure = style.new_figure(4.6 * width, height, width)
    figure.subplots_adjust(top=1 - (style.TOP + LEGEND) / height)
    style.headline(figure, title, reached)
    ratios, hspace = ([PANEL, RATE], 2 * GAP / (PANEL + RATE)) if rates else ([1], None)
    grid = figure.add_gridspec(len(ratios), width, height_ratios=ratios, hspace=hspace)
    for number, metric in enumerate(panels):
        axes = figure.add_subplot(grid[0, number])
        _draw_panel(axes, history, metric, kept, kept_by)
        if rates:
            axes.tick_params(labelbottom=False)
            _draw_rates(figure.add_subplot(grid[1, number], sharex=axes), rates)
        figure.axes[-1].set_xlabel("epoch")
    return figure


def _draw_panel(axes: Axes, history: Sequence[dict], metric: str, kept: int | None, kept_by: str) -> None:
    known = metric_of(f"train_{metric}")
    style.style_axes(axes, known.label[0].upper() + known.label[1:], beneath=LEGEND)
    everything = []
    for part, (label, colour) in SERIES.items():
        points = _values(history, f"{part}_{metric}")
        if not points:
            continue
        everything += points.values()
        # Few epochs get a marker each; a single one would be invisible without it.
        marker = "o" if len(points) <= 20 else None
        axes.plot(points.keys(), points.values(), color=colour, label=label, linewidth=1.8, marker=marker, markersize=4)
        if part == "val":
            _mark_best(axes, points, known.higher_is_better, kept)
            if kept in points:
                label = f"kept: epoch {kept}, by {metric_of(f'val_{kept_by}').label}"
                dashed = {"linewidth": 1, "linestyle": (0, (3, 3)), "alpha": 0.6}
                axes.axvline(kept, color=style.BEST, zorder=1, label=label, **dashed)
    if not known.higher_is_better and min(everything) > 0 and max(everything) / min(everything) > LOG_RATIO:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
    _fit_epochs(axes, [row["epoch"] for row in history])
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.3, borderpad=0, ncols=2, columnspacing=1.5,
        frameon=False, fontsize=9, labelcolor=style.INK, handlelength=1.4,
    )  # above the curves, so that it hides none  # fmt: skip


def _draw_rates(axes: Axes, rates: dict[int, float]) -> None:
    style.style_axes(axes, "")
    axes.set_title("learning rate", loc="left", fontsize=9, color=style.FAINT, pad=4)
    axes.plot(rates.keys(), rates.values(), color=style.FAINT, linewidth=1.4)
    highest = max(rates.values())
    axes.set_ylim(0, 1.1 * highest)
    axes.set_yticks([0, highest], ["0", f"{highest:.2g}"])


def _mark_best(axes: Axes, points: dict[int, float], higher_is_better: bool, kept: int | None) -> None:
    """Ring the best value; among equal ones that of the kept epoch, else the first."""
    value = max(points.values()) if higher_is_better else min(points.values())
    epochs = [epoch for epoch in points if points[epoch] == value]
    epoch = kept if kept in epochs else epochs[0]
    what = "highest" if higher_is_better else "lowest"
    ring = {"markersize": 9, "markerfacecolor": "none", "markeredgewidth": 1.8}
    axes.plot([epoch], [value], "o", color=style.BEST, label=f"{what}: {shown(value)}, epoch {epoch}", **ring)


def _fit_epochs(axes: Axes, epochs: list[int]) -> None:
    """Show whole numbers only, with some room around a single epoch."""
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    room = max(0.5, 0.03 * (epochs[-1] - epochs[0]))
    axes.set_xlim(epochs[0] - room, epochs[-1] + room)


def _values(history: Sequence[dict], column: str) -> dict[int, float]:
    """Return the finite values by epoch."""
    return {row["epoch"]: row[column] for row in history if row.get(column) is not None and isfinite(row[column])}
