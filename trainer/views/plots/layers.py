"""Gradients, updates and activations of every layer over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trainer.runs.folder import LAYER_FIGURES
from trainer.runs.records import read_layers
from trainer.views import style
from trainer.views.limits import LOG_RATIO, bounds, spread
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

FIGURES = {
    "gradient_rms": "Gradient (root mean square)",
    "update_ratio": "Update over weight",
    "output_deviation": "Deviation of the outputs",
    "dead": "Share of dead units",
    "saturated": "Share of saturated outputs",
}
SHARES = ("dead", "saturated")
DEPTHS = ("#fde725", "#5ec962", "#21918c", "#3b528b", "#440154")  # viridis: everybody sees the order
MOST_NAMED = 16

Series = Mapping[str, Mapping[int, float]]
"""By layer, in order: epoch → value."""


def draw(subject: Subject) -> Figure:
    try:
        rows = read_layers(subject.directory / LAYER_FIGURES)
    except FileNotFoundError:
        raise UnsuitableError(f"the run has no {LAYER_FIGURES}; train without callbacks.layers=null") from None
    figures = {name: _series(rows, name) for name in FIGURES}
    shown = {name: series for name, series in figures.items() if name not in SHARES or _some(series)}
    if not any(shown.values()):
        raise UnsuitableError(f"{LAYER_FIGURES} has no epoch yet")
    layers = list(dict.fromkeys(row["layer"] for row in rows))
    return draw_layers({name: series for name, series in shown.items() if series}, layers, subject.title)


def _some(series: Series) -> bool:
    """Return whether a share is ever above 0: a panel of zeros would be useless."""
    return any(value > 0 for points in series.values() for value in points.values())


def _series(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, dict[int, float]]:
    series: dict[str, dict[int, float]] = {}
    for row in rows:
        if (value := row.get(name)) is not None:
            series.setdefault(row["layer"], {})[row["epoch"]] = value
    return series


def draw_layers(figures: Mapping[str, Series], layers: Sequence[str], title: str = "") -> Figure:
    """Draw a panel for each figure, and in it a line for each layer: light ones are near the input, dark ones behind.

    Args:
        figures: Some of `FIGURES`, each of at least one layer.
        layers: In their order.
        title: Names the run.
    """
    ramp = style.colour_map(DEPTHS)
    colours = {layer: ramp(0.05 + 0.95 * place / max(1, len(layers) - 1)) for place, layer in enumerate(layers)}
    columns = 2 if len(figures) == 4 else min(3, len(figures))
    rows = -(-len(figures) // columns)
    figure = style.new_figure(3.6 * columns, 2.8 * rows)
    for place, (name, series) in enumerate(figures.items(), start=1):
        _draw_panel(figure.add_subplot(rows, columns, place), name, series, colours)
    step = -(-len(layers) // MOST_NAMED)
    named = layers[::step] if step > 1 else layers
    from matplotlib.lines import Line2D

    entries = [(Line2D([], [], color=colours[layer], linewidth=1.8), style.plain(layer, 26)) for layer in named]
    style.side_legend(figure, entries, "layer" if step == 1 else f"one layer in {step}")
    style.headline(figure, title, "every layer over the epochs, from the input (light) to the output (dark)")
    return figure


def _draw_panel(axes: Axes, name: str, series: Series, colours: Mapping[str, object]) -> None:
    style.style_axes(axes, FIGURES[name])
    axes.set_xlabel("epoch")
    values = [value for points in series.values() for value in points.values()]
    positive = [value for value in values if value > 0]
    logarithmic = name not in SHARES and spread(positive) > LOG_RATIO
    for layer, points in series.items():
        marker = "o" if len(points) == 1 else None
        # On a logarithmic axis a line leads to 0 beneath the lower edge.
        heights = [value or 0.1 * min(positive) for value in points.values()] if logarithmic else points.values()
        axes.plot(points.keys(), heights, color=colours[layer], linewidth=1.6, marker=marker, markersize=4)
    if name in SHARES:
        axes.set_ylim(-0.02, max(0.2, 1.05 * max(values)))
        axes.yaxis.set_major_formatter("{x:.0%}")
    elif logarithmic:
        axes.set_yscale("log")
        axes.set_ylim(bounds(positive, logarithmic))
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
