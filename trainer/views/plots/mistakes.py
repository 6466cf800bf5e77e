"""The examples that the network is most wrong about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.datasets import INPUT, Text
from trainer.problems import Classification, MultiLabel
from trainer.views import style
from trainer.views.mosaic import as_pictures
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

ACROSS, DOWN, ROWS = 6, 3, 14  # pictures; rows of a list
LONGEST, MOST_LABELS, WIDEST = 11, 15, 42  # characters of a class, of several, and of an example in a list
WRONG, RIGHT = "✗", "✓"


@dataclass(frozen=True)
class Case:
    """An example and what became of it.

    Attributes:
        number: The number of the example.
        true, predicted: As text.
        sure: The probability of what was predicted, as text; empty for values.
        wrong: Whether it is a mistake; None: values are neither right nor wrong.
        what: The example itself as text.
    """

    number: int
    true: str
    predicted: str
    sure: str
    wrong: bool | None
    what: str = ""


def draw(subject: Subject) -> Figure:
    found, problem = subject.measured, subject.network.problem
    losses = problem.example_losses(found.outputs, found.targets)
    if losses is None:
        raise UnsuitableError("its problem does not say how wrong an answer is")
    try:
        name, most = subject.pictures, ACROSS * DOWN
    except UnsuitableError:
        name, most = "", ROWS
    order = np.argsort(-np.nan_to_num(losses, nan=np.inf), kind="stable")[:most]
    cases = [_case(subject, int(number)) for number in order]
    images = as_pictures(subject.read(order, name)) if name else None
    mistakes = sum(case.wrong is True for case in cases)
    subtitle = f"the {len(cases)} {found.split} examples with the largest error"
    if mistakes < len(cases) and any(case.wrong is False for case in cases):
        some = "a mistake" if mistakes == 1 else f"{mistakes} mistakes" if mistakes else "no mistake"
        subtitle += f": {some} ({WRONG}), and right answers it was least sure of ({RIGHT})"
    return draw_mistakes(cases, images, subject.title, subtitle)


def _case(subject: Subject, number: int) -> Case:
    found, network = subject.measured, subject.network
    outputs, target = found.outputs[number : number + 1], found.targets[number]
    predicted, p = network.problem.predictions(outputs)[0], network.probabilities(outputs)[0]
    names = style.shortened(network.classes, LONGEST)
    what = _described(subject, number)
    if isinstance(network.problem, Classification):
        label = int(target if target.ndim == 0 else target.argmax())
        return Case(number, names[label], names[int(predicted)], f"{p[predicted]:.0%}", int(predicted) != label, what)
    if isinstance(network.problem, MultiLabel):
        true, given = (
            [name for name, on in zip(network.classes, marks, strict=True) if on] for marks in (target > 0.5, predicted)
        )
        shown = [style.plain(", ".join(each) or "none", MOST_LABELS) for each in (true, given)]
        return Case(number, *shown, f"{np.where(predicted, p, 1 - p).min():.0%}", true != given, what)
    value = network.problem.predictions(_target(subject, target))[0]
    shown = [", ".join(f"{each:.4g}" for each in np.ravel(values)[:3]) for values in (value, predicted)]
    return Case(number, *shown, "", None, what)


def _target(subject: Subject, target: np.ndarray) -> np.ndarray:
    """Return a target (1, K) as a network would give it; targets of a regression are standardised as its outputs."""
    return np.asarray(target, np.float64).reshape(1, *subject.network.graph.output_shape)


def _described(subject: Subject, number: int) -> str:
    """Return the inputs of an example as text."""
    dataset = subject.network.dataset
    if isinstance(dataset, Text):
        return style.plain("…" + dataset.decode(subject.read(np.array([number]), INPUT)[0])[-WIDEST + 2 :])
    values = [subject.read(np.array([number]), name).ravel() for name in dataset.inputs]
    return style.plain("  ".join(f"{value:.3g}" for value in np.concatenate(values)[:8]), WIDEST)


def draw_mistakes(cases: Sequence[Case], images: np.ndarray | None, title: str, subtitle: str) -> Figure:
    """Draw examples, those with the largest error first.

    A mistake has a cross, bold words and a thick frame; a right answer a tick, plain words and a dashed frame.

    Args:
        cases: At least one.
        images: The images of the same examples, (N, H, W) or (N, H, W, 3), in [0, 1]; None: draw a list.
        title, subtitle: Above everything.
    """
    return _draw_list(cases, title, subtitle) if images is None else _draw_pictures(cases, images, title, subtitle)


def _caption(case: Case) -> str:
    if case.wrong is None:
        return f"{case.true}\n{case.predicted}"
    mark = WRONG if case.wrong else RIGHT
    if not case.wrong:
        return f"{mark} {case.true}\n{case.sure}"
    return f"{case.true}\n{mark} {case.predicted} ({case.sure})"


def _draw_pictures(cases: Sequence[Case], images: np.ndarray, title: str, subtitle: str) -> Figure:
    down = -(-len(cases) // ACROSS)
    figure = style.new_figure(1.55 * ACROSS, 1.9 * down)
    for place, (case, image) in enumerate(zip(cases, images, strict=True), start=1):
        axes = figure.add_subplot(down, ACROSS, place)
        axes.set(xticks=[], yticks=[])
        axes.imshow(image, cmap="gray", vmin=0, vmax=1)
        colour = style.INK if case.wrong is None else style.BEST if case.wrong else style.VALIDATION
        for spine in axes.spines.values():
            spine.set(color=colour, linewidth=2.5 if case.wrong else 1.2, linestyle="-" if case.wrong else (0, (3, 2)))
        weight = "bold" if case.wrong else "normal"
        axes.set_title(_caption(case), fontsize=8, color=colour, fontweight=weight, pad=4)
    style.headline(figure, title, f"{subtitle}; above each what it is, and what was predicted")
    return figure


def _draw_list(cases: Sequence[Case], title: str, subtitle: str) -> Figure:
    marks = {None: "", True: WRONG, False: RIGHT}
    rows = [["", "example", "is", "predicted", "sure" if any(c.sure for c in cases) else "", "inputs of the network"]]
    rows += [[marks[c.wrong], str(c.number), c.true, c.predicted, c.sure, c.what] for c in cases]
    rows = [[cell if len(cell) <= WIDEST else cell[: WIDEST - 1] + "…" for cell in row] for row in rows]
    widths = [0.3 + 0.085 * max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    figure = style.new_figure(max(5.0, sum(widths) + 0.3), 0.28 * len(rows) + 0.2)
    figure.set_layout_engine("none")
    height = figure.get_figheight()
    style.headline(figure, title, subtitle)
    axes = figure.add_axes((0, 0, 1, height / figure.get_figheight()))
    axes.set(xlim=(0, figure.get_figwidth()), ylim=(height, 0))
    axes.set_axis_off()
    for line, row in enumerate(rows):
        wrong = line > 0 and cases[line - 1].wrong
        colour = style.FAINT if not line else style.BEST if wrong else style.VALIDATION if wrong is False else style.INK
        x = 0.2
        for width, cell in zip(widths, row, strict=True):
            look = {"fontsize": 9, "va": "center", "fontweight": "bold" if wrong else "normal"}
            axes.text(x, 0.28 * (line + 0.5), cell, color=colour, **look)
            x += width
    return figure
