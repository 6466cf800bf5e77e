"""The look all pictures share, applied figure by figure: no pyplot, no global settings, matplotlib on first use."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.ground.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# An opaque background reads the same on light and dark pages.
PAPER = "#ffffff"
INK = "#1f2328"
FAINT = "#59636e"
GRID = "#e4e8ec"
TRAIN = "#8c959f"
VALIDATION = "#0969da"
BEST = "#d1570b"
HEAT = ("#ffffff", "#b6dcfe", "#3a8ee6", "#0a3069")  # light to dark, for colour maps

DPI = 150
LEFT, RIGHT, BOTTOM, TOP = 0.75, 0.15, 0.6, 0.5  # inches around a panel; the left margin has room for numbers


def new_figure(width: float, height: float, columns: int | None = None) -> Figure:
    """Return an empty figure of width × height inches that renders without a display.

    Args:
        width, height: In inches.
        columns: How many panels of one size are side by side, so that their margins are known; None: matplotlib fits
            the margins to what is drawn, which doubles the time.
    """
    load_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    if columns is None:
        figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.1, wspace=0.04)
    else:
        panel = (width - RIGHT) / columns - LEFT
        margins = {"left": LEFT / width, "right": 1 - RIGHT / width}
        figure.subplots_adjust(**margins, bottom=BOTTOM / height, top=1 - TOP / height, wspace=LEFT / panel)
    return figure


@cache
def load_matplotlib() -> None:
    """Import matplotlib without the backend that the environment names: pictures are only written to files.

    The environment may be a notebook's, whose backend may be missing here. What matplotlib says about its own folders
    is silenced, since it helps nobody.
    """
    if "matplotlib" in sys.modules:
        return
    logger = logging.getLogger("matplotlib")
    level, backend = logger.level, os.environ.pop("MPLBACKEND", "")
    logger.setLevel(logging.ERROR)
    try:
        import matplotlib.figure
    finally:
        logger.setLevel(level)
        if backend:
            os.environ["MPLBACKEND"] = backend
    if backend:
        with suppress(ValueError):  # as matplotlib itself does, for its other users
            matplotlib.rcParams["backend"] = backend


def style_axes(axes: Axes, title: str, grid: bool = True) -> None:
    """Give axes a title on the left, quiet ticks, no box, and on demand a grid behind the data."""
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK, pad=10)
    axes.tick_params(which="both", length=0, labelsize=9, labelcolor=FAINT, pad=6)
    axes.xaxis.label.set(fontsize=9, color=FAINT)
    axes.yaxis.label.set(fontsize=9, color=FAINT)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(color=GRID, linewidth=0.8)


def save(figure: Figure, path: Path) -> None:
    """Write the figure as PNG; a picture already there is replaced whole. Its folder is made if it is missing."""
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as temporary:
        figure.canvas.print_png(temporary)  # savefig draws twice


def drawn(draw: Callable[[], Figure], path: Path) -> str:
    """Draw and save a picture. Where that cannot be done, return a line that says why: no figure is lost by it."""
    try:
        save(draw(), path)
    except (OSError, MemoryError, ImportError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        return f"warning: not drawn: {path}: {reason}"
    return ""
