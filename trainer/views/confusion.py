"""Confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trainer.views import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NUMBERED = 20  # with more classes than this the cells are too small for numbers


def draw_confusion_matrix(counts: np.ndarray, class_names: Sequence[str]) -> Figure:
    """Draw a confusion matrix: rows are true classes, columns predicted ones; colour shows the share of the row.

    `counts` is (K, K), counts[i, j] the examples of class i taken for class j. Raises ValueError unless it matches
    the K names.
    """
    classes = len(class_names)
    if counts.shape != (classes, classes):
        raise ValueError(f"counts: shape {counts.shape} does not match {classes} class names")
    style.load_matplotlib()
    from matplotlib.colors import LinearSegmentedColormap

    numbered = classes <= MOST_NUMBERED
    side = 2.4 + (0.48 * classes if numbered else 6.0)
    figure = style.new_figure(side, side)
    axes = figure.add_subplot()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # The root lets rare confusions show beside a nearly full diagonal.
    axes.imshow(np.sqrt(shares), cmap=LinearSegmentedColormap.from_list("heat", style.HEAT), vmin=0, vmax=1)

    correct, total = int(np.trace(counts)), int(counts.sum())
    title = "Confusion matrix" + (f"  ·  {correct:,} of {total:,} correct ({correct / total:.2%})" if total else "")
    style.style_axes(axes, title, grid=False)
    axes.set_xlabel("predicted", fontsize=9, color=style.FAINT)
    axes.set_ylabel("true", fontsize=9, color=style.FAINT)
    if numbered:
        steep = max(map(len, map(str, class_names)), default=0) > 3
        axes.set_xticks(range(classes), class_names, rotation=40 if steep else 0, ha="right" if steep else "center")
        axes.set_yticks(range(classes), class_names)
        _number_cells(axes, counts, shares)
    return figure


def _number_cells(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = style.PAPER if shares[row, column] > 0.35 else style.INK
        weight = "bold" if row == column else "normal"
        axes.text(
            column, row, f"{counts[row, column]}", ha="center", va="center", fontsize=8, color=colour, fontweight=weight
        )
