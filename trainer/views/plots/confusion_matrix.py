"""Confusion matrix: which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trainer.problems.classification import MOST_CONFUSED
from trainer.problems.metrics import confusion_matrix
from trainer.views import style
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

MOST_NUMBERED = 20  # with more classes than this the cells are too small for numbers
MOST_NAMED = 40  # with more than this only some classes are named
LONGEST_NAME, LETTER = 18, 0.08  # of a class: characters, and the width of one in inches
FEW = 4  # classes that get large cells
WIDEST = 5.0  # inches, the width that the title needs


def draw(subject: Subject) -> Figure:
    labels = subject.measured.targets
    if not subject.classes or subject.network.problem.target_shape != ():
        raise UnsuitableError("each example has several labels")
    if len(subject.classes) > MOST_CONFUSED:
        reason = f"{len(subject.classes):,} classes are too many; the report names those that are confused most"
        raise UnsuitableError(reason)
    labels = labels if labels.ndim == 1 else labels.argmax(axis=1)
    predicted = subject.network.problem.predictions(subject.measured.outputs)
    counts = confusion_matrix(labels, predicted, len(subject.classes))
    return draw_confusion_matrix(counts, subject.classes, subject.title, subject.measured.split)


def draw_confusion_matrix(
    counts: np.ndarray, class_names: Sequence[str], title: str = "Confusion matrix", split: str = ""
) -> Figure:
    """Draw a confusion matrix: rows are true classes, columns predicted ones.

    Colour shows the share of the row, blue of the right answers and orange of the mistakes. `counts` is (K, K),
    counts[i, j] the examples of class i taken for class j. Raises ValueError unless it matches the K names.

    Args:
        counts, class_names: See above.
        title: Names the run.
        split: The split of the examples.
    """
    classes = len(class_names)
    if counts.shape != (classes, classes):
        raise ValueError(f"counts: shape {counts.shape} does not match {classes} class names")
    numbered, names = classes <= MOST_NUMBERED, style.shortened(class_names, LONGEST_NAME)
    longest = max(map(len, names), default=0) * LETTER
    cell = 0.48 if classes > FEW else 0.9
    upright = numbered and longest <= cell  # names beneath the columns need not be turned
    side = cell * classes if numbered else 6.0
    figure = style.new_figure(max(WIDEST, side + longest + 0.9), side + (0.3 if upright else longest) + 0.6)
    correct, total = int(np.trace(counts)), int(counts.sum())
    where = f"{split} examples" if split else "examples"
    style.headline(figure, title, f"{correct:,} of {total:,} {where} correct ({correct / total:.2%})" if total else "")
    axes = figure.add_subplot()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    hits = np.eye(classes, dtype=bool)
    for shown, ramp in ((hits, style.HEAT), (~hits, style.WRONG)):
        # The root lets rare confusions show beside a nearly full diagonal.
        axes.imshow(np.ma.masked_where(~shown, np.sqrt(shares)), cmap=style.colour_map(ramp), vmin=0, vmax=1)
    style.style_axes(axes, "", grid=False)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    named = range(0, classes, 1 if classes <= MOST_NAMED else -(-classes // (MOST_NAMED // 2)))
    some = [names[place] for place in named]
    size = {"fontsize": 9 if classes <= MOST_NUMBERED or classes > MOST_NAMED else 7}
    axes.set_xticks(named, some, rotation=0 if upright else 90, **size)
    axes.set_yticks(named, some, **size)
    for spine in axes.spines.values():
        spine.set(visible=True, color=style.GRID)
    if numbered:
        axes.set_xticks(np.arange(classes - 1) + 0.5, minor=True)
        axes.set_yticks(np.arange(classes - 1) + 0.5, minor=True)
        axes.grid(which="minor", color=style.GRID, linewidth=0.8)
        axes.set_axisbelow(False)
        _number_cells(axes, counts, shares)
    return figure


def _number_cells(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    longest = len(str(int(counts.max()))) if counts.size else 1
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = style.PAPER if shares[row, column] > 0.35 else style.INK
        weight = "bold" if row == column else "normal"
        look = {"fontsize": 9 if longest <= 4 else 7, "color": colour, "fontweight": weight}
        axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", **look)
