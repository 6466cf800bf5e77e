"""The network's answer everywhere in the plane, or along the line, of its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trainer.problems import Classification, Regression
from trainer.runs.network import Network
from trainer.views import style
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

FINE = 160  # places along each side
MOST_POINTS = 600
MARGIN = 0.08  # around the points, as a share of their extent
TINT = 0.45  # how much of a class's colour is in its region where the network is sure of it


def draw(subject: Subject) -> Figure:
    points, targets = points_of(subject)
    return draw_boundary(subject.network, points, targets, subject.title, subject.reached)


def points_of(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs (N, D) of some examples, where D is 1 or 2, and their targets. Raises UnsuitableError."""
    network = subject.network
    inputs = network.dataset.inputs
    name, field = next(iter(inputs.items()))
    fits = len(inputs) == 1 and field.shape in ((1,), (2,)) and np.dtype(field.dtype).kind == "f"
    problem = network.problem
    values = isinstance(problem, Regression) and field.shape == (1,) and problem.output_shape == (1,)
    if not fits or not (isinstance(problem, Classification) or values):
        raise UnsuitableError("the inputs are not points of a plane")
    points = subject.examples(name, MOST_POINTS)
    return points.astype(np.float64), subject.measured.targets[: len(points)]


def draw_boundary(
    network: Network, points: np.ndarray, targets: np.ndarray, title: str = "", reached: str = ""
) -> Figure:
    """Draw the regions of the classes, or the curve of a value, with examples.

    A region is the paler, the less sure the network is. A class has a colour and a marker; mistakes have a dark edge.

    Args:
        network: Of one input, points of a plane; for values or on a line, numbers.
        points: (N, 2) or (N, 1).
        targets: (N,) or, of values, (N, 1).
        title, reached: Above it.
    """
    figure = style.new_figure(5.2, 4.6)
    axes = figure.add_subplot()
    style.style_axes(axes, "", grid=False)
    if points.shape[1] == 2:
        _draw_plane(figure, axes, network, points, targets)
    else:
        _draw_line(figure, axes, network, points, targets)
    style.headline(figure, title, reached)
    return figure


def limits(values: np.ndarray) -> tuple[float, float]:
    """Return where an axis begins and ends, with some room around the values (N,)."""
    low, high = float(values.min()), float(values.max())
    room = MARGIN * (high - low) or 0.5
    return low - room, high + room


def _draw_plane(figure: Figure, axes: Axes, network: Network, points: np.ndarray, targets: np.ndarray) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.lines import Line2D

    (left, right), (low, high) = limits(points[:, 0]), limits(points[:, 1])
    x, y = np.linspace(left, right, FINE), np.linspace(low, high, FINE)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    p = network.predict(grid.astype(np.float32)).astype(np.float64)
    classes = range(p.shape[1])
    looks = [(style.PALETTE[k % len(style.PALETTE)], style.MARKERS[k % len(style.MARKERS)]) for k in classes]
    best, chance = p.argmax(axis=1), 1 / p.shape[1]
    sure = np.clip((p.max(axis=1) - chance) / (1 - chance), 0, 1)[:, np.newaxis] * 0.85 + 0.15
    colours = np.array([to_rgb(colour) for colour, _ in looks])[best]
    shades = 1 - TINT * sure * (1 - colours)
    extent = (left, right, low, high)
    axes.imshow(shades.reshape(FINE, FINE, 3), origin="lower", extent=extent, aspect="auto", interpolation="bilinear")
    for k in classes[1:] if p.shape[1] == 2 else classes:
        margin = (p[:, k] - np.delete(p, k, axis=1).max(axis=1)).reshape(FINE, FINE)
        if margin.min() < 0 < margin.max():
            axes.contour(x, y, margin, levels=[0], colors=style.INK, linewidths=0.8)
    labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
    predicted = network.predict_classes(points.astype(np.float32))
    for k, (colour, marker) in zip(classes, looks, strict=True):
        for wrong in (False, True):
            chosen = points[(labels == k) & ((predicted != k) == wrong)]
            edge = {"edgecolors": style.INK if wrong else style.PAPER, "linewidths": 1.3 if wrong else 0.4}
            axes.scatter(chosen[:, 0], chosen[:, 1], s=20, color=colour, marker=marker, zorder=3, **edge)
    axes.set(xlim=(left, right), ylim=(low, high), xlabel="input 0", ylabel="input 1")
    entries = [
        (Line2D([], [], linestyle="", marker=marker, color=colour, markersize=6), name)
        for (colour, marker), name in zip(looks, style.shortened(network.classes, 22), strict=True)
    ]
    edge = {"markerfacecolor": style.PAPER, "markeredgecolor": style.INK, "markeredgewidth": 1.4}
    entries.append((Line2D([], [], linestyle="", marker="o", markersize=6, **edge), "mistake"))
    style.side_legend(figure, entries)


def _draw_line(figure: Figure, axes: Axes, network: Network, points: np.ndarray, targets: np.ndarray) -> None:
    left, right = limits(points[:, 0])
    x = np.linspace(left, right, 4 * FINE)[:, np.newaxis]
    found = network.predict(x.astype(np.float32))
    axes.grid(color=style.GRID, linewidth=0.8)
    if isinstance(network.problem, Classification):
        lines = [axes.plot(x[:, 0], p, color=style.PALETTE[k % len(style.PALETTE)], linewidth=1.8)[0]
                 for k, p in enumerate(found.T)]  # fmt: skip
        axes.set(ylabel="probability", ylim=(-0.02, 1.02))
        entries = [*zip(lines, style.shortened(network.classes, 22), strict=False)]
    else:
        true = network.problem.predictions(targets.reshape(len(targets), -1))[:, 0]
        dots = axes.scatter(points[:, 0], true, s=12, color=style.REST, linewidths=0, zorder=2)
        (line,) = axes.plot(x[:, 0], found[:, 0], color=style.VALIDATION, linewidth=2, zorder=3)
        axes.set_ylabel("value")
        entries = [(dots, "examples"), (line, "network")]
    axes.set(xlim=(left, right), xlabel="input 0")
    style.side_legend(figure, entries)
