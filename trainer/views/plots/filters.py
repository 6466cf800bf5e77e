"""The weights of the first layer as pictures, before and after training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trainer.engine.setup import Setup
from trainer.views import filters, style
from trainer.views.filters import ACROSS, MOST, RAMP
from trainer.views.mosaic import mosaic
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject


def draw(subject: Subject) -> Figure:
    network = subject.network
    found = filters.first(network.graph) if subject.pictures else None
    if found is None:
        raise UnsuitableError("its first layer does not look at pictures")
    name, shape = found
    after = network.parameters[name].reshape(-1, *shape)
    before = None
    if network.config.get("start_from") is None:
        before = Setup(network.config).parameters()[name].reshape(-1, *shape)
    what = f"{name}: {min(MOST, len(after))} of {len(after)} filters of {shape[1]}×{shape[2]}"
    return draw_filters(after, before, subject.title, what)


def draw_filters(after: np.ndarray, before: np.ndarray | None, title: str = "", what: str = "") -> Figure:
    """Draw filters: blue where a weight is positive, orange where it is negative; of three channels, their mean.

    Args:
        after: (N, C, H, W), trained.
        before: The same before training; None: it is not known.
        title: Names the run.
        what: Says what they are.
    """
    panels = {"before training": before, "after training": after} if before is not None else {"": after}
    shown = {name: values[:MOST].mean(axis=1) for name, values in panels.items()}
    across = min(ACROSS, len(after))
    down = -(-min(MOST, len(after)) // across)
    cell = 0.62 if len(panels) == 2 else 0.8
    figure = style.new_figure(max(4.4, (cell * across + 0.5) * len(panels) + 0.9), max(1.4, cell * down + 0.7))
    largest = max(1e-12, *(float(np.nanmax(np.abs(values))) for values in shown.values()))
    ramp = style.colour_map(RAMP)
    every = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (name, values) in zip(every, shown.items(), strict=True):
        style.style_axes(axes, name, grid=False)
        axes.set(xticks=[], yticks=[])
        drawn = axes.imshow(mosaic(values, across), cmap=ramp, vmin=-largest, vmax=largest)
    bar = figure.colorbar(drawn, ax=[*every], shrink=0.8, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=8, labelcolor=style.FAINT)
    bar.set_label("weight", fontsize=9, color=style.FAINT)
    style.headline(figure, title, what)
    return figure
