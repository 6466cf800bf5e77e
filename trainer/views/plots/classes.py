"""Precision, recall and F1 of every class or label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trainer.problems import MultiLabel
from trainer.problems.metrics import Counts, counts_of, precision_recall_f1
from trainer.views import style
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

MOST = 30
LONGEST = 24
LOOKS = {"precision": ("<", style.PALETTE[0]), "recall": (">", style.PALETTE[1]), "f1": ("D", style.INK)}


def draw(subject: Subject) -> Figure:
    found, problem, names = subject.measured, subject.network.problem, subject.classes
    predicted = problem.predictions(found.outputs)
    if isinstance(problem, MultiLabel):
        true = found.targets > 0.5
        counts = Counts(*(marks.sum(axis=0) for marks in (predicted & true, true, predicted)))
    elif predicted.ndim == 1:
        labels = found.targets if found.targets.ndim == 1 else found.targets.argmax(axis=1)
        counts = counts_of(labels, predicted, len(names))
    else:
        raise UnsuitableError("its answers are not classes")
    return draw_classes(counts, names, subject.title, found.split)


def draw_classes(counts: Counts, names: Sequence[str], title: str = "", split: str = "") -> Figure:
    """Draw precision, recall and F1 of each class, the poorest F1 on top.

    Args:
        counts: The counts of each class.
        names: The names of the classes.
        title: Names the run.
        split: The split of the examples.

    Raises:
        UnsuitableError: There are no examples.
    """
    measures = precision_recall_f1(counts)
    occurs = np.flatnonzero(counts.examples + counts.predicted)
    order = occurs[np.argsort(measures["f1"][occurs], kind="stable")][:MOST]
    if not len(order):
        raise UnsuitableError("there are no examples")
    places = np.arange(len(order))
    figure = style.new_figure(7.0, 1.1 + 0.28 * len(order))
    axes = figure.add_subplot()
    style.style_axes(axes, "")
    ends = (measures[name][order] for name in ("precision", "recall"))
    axes.hlines(places, *ends, color=style.REST, linewidth=2)
    for name, (marker, colour) in LOOKS.items():
        label = "F1" if name == "f1" else name
        axes.plot(measures[name][order], places, marker, color=colour, label=label, markersize=6, clip_on=False)
    axes.set_yticks(places, style.shortened([names[place] for place in order], LONGEST))
    axes.set(ylim=(len(order) - 0.5, -0.5), xlim=(max(0.0, _least(measures, order) - 0.05), 1.0))
    amounts = axes.secondary_yaxis("right")
    amounts.set_yticks(places, [f"{int(counts.examples[place]):,}" for place in order])
    amounts.tick_params(length=0, pad=12, labelsize=9, labelcolor=style.FAINT)
    amounts.set_ylabel(f"{split} examples".strip(), fontsize=9, color=style.FAINT)
    amounts.spines["right"].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    style.side_legend(figure, [*zip(handles, labels, strict=True)])
    more = f"; the poorest {MOST} of {len(occurs)}" if len(occurs) > MOST else ""
    style.headline(figure, title, f"mean F1 {measures['f1'][occurs].mean():.4f}{more}")
    return figure


def _least(measures: dict[str, np.ndarray], order: np.ndarray) -> float:
    return float(min(values[order].min() for values in measures.values()))
