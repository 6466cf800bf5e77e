"""Learning curves: loss and other metrics over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from trainer.problems import metric_of, shown
from trainer.views import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SERIES = {"train": ("train", style.TRAIN), "val": ("validation", style.VALIDATION)}
LOG_RATIO = 50  # a loss that falls further than this is drawn on a logarithmic axis


def draw_curves(
    history: Sequence[dict[str, float | None]], kept: int | None = None, kept_by: str = "loss"
) -> Figure:
    """Draw every metric that the history has, of training and validation.

    Each panel marks the best value of its own metric, by a ring, and the epoch whose weights are kept, by a line.

    Args:
        history: One row per epoch with the columns of metrics.csv: epoch, train_loss, val_loss, train_accuracy, ...
        kept: The epoch whose weights are kept; None: it is not known.
        kept_by: The metric by which it was the best.
    """
    columns = [name for name in dict.fromkeys(name for row in history for name in row) if metric_of(name)]
    metrics = dict.fromkeys(name.partition("_")[2] for name in columns if _values(history, name))
    panels = sorted(metrics, key=lambda metric: metric != "loss")
    width = max(1, len(panels))
    figure = style.new_figure(4.6 * width, 3.6, width)
    for number, metric in enumerate(panels, start=1):
        _draw_panel(figure.add_subplot(1, len(panels), number), history, metric, kept, kept_by)
    return figure


def _draw_panel(axes: Axes, history: Sequence[dict], metric: str, kept: int | None, kept_by: str) -> None:
    known = metric_of(f"train_{metric}")
    style.style_axes(axes, known.label[0].upper() + known.label[1:])
    axes.set_xlabel("epoch", fontsize=9, color=style.FAINT)
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
    axes.legend(frameon=False, fontsize=9, labelcolor=style.INK, handlelength=1.4)


def _mark_best(axes: Axes, points: dict[int, float], higher_is_better: bool, kept: int | None) -> None:
    """Ring the best value; among equal ones that of the kept epoch, else the first."""
    value = max(points.values()) if higher_is_better else min(points.values())
    epochs = [epoch for epoch in points if points[epoch] == value]
    epoch = kept if kept in epochs else epochs[0]
    label = f"best, epoch {epoch}: {shown(value)}"
    ring = {"markersize": 9, "markerfacecolor": "none", "markeredgewidth": 1.8}
    axes.plot([epoch], [value], "o", color=style.BEST, label=label, **ring)


def _fit_epochs(axes: Axes, epochs: list[int]) -> None:
    """Show whole numbers only, with some room around a single epoch."""
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    room = max(0.5, 0.03 * (epochs[-1] - epochs[0]))
    axes.set_xlim(epochs[0] - room, epochs[-1] + room)


def _values(history: Sequence[dict], column: str) -> dict[int, float]:
    """Return the finite values by epoch."""
    return {row["epoch"]: row[column] for row in history if row.get(column) is not None and isfinite(row[column])}
