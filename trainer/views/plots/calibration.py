"""Whether the network's probabilities can be trusted: a reliability diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trainer.problems import Calibration, MultiLabel, calibration
from trainer.views import style
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

FEW = 10  # claims whose share of right ones says nothing yet


def draw(subject: Subject) -> Figure:
    found, problem = subject.measured, subject.network.problem
    claims = problem.claims(found.outputs, found.targets)
    if claims is None:
        raise UnsuitableError("the outputs are not probabilities")
    result = calibration(*claims)
    if result is None:
        raise UnsuitableError("no probability is finite")
    what = "labels that apply" if isinstance(problem, MultiLabel) else "right answers"
    return draw_calibration(result, subject.title, what, found.split)


def draw_calibration(found: Calibration, title: str = "", what: str = "right answers", split: str = "test") -> Figure:
    """Draw how often claims were true against how sure the network was of them, and beneath it how many there are.

    Args:
        found: The bins.
        title: Names the run.
        what: That is claimed.
        split: The split of the examples.
    """
    figure = style.new_figure(5.0, 4.8)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    style.style_axes(upper, "")
    style.style_axes(lower, "")
    filled = found.counts > 0
    centres, width = (found.edges[:-1] + found.edges[1:]) / 2, np.diff(found.edges)
    enough = found.counts >= FEW
    upper.bar(centres[enough], found.true[enough], 0.9 * width[enough], color=style.HEAT[1])
    if (rare := filled & ~enough).any():
        hollow = {"color": "none", "edgecolor": style.HEAT[1], "label": f"fewer than\n{FEW} times"}
        upper.bar(centres[rare], found.true[rare], 0.9 * width[rare], **hollow)
    dashed = {"color": style.FAINT, "linewidth": 1, "linestyle": (0, (4, 3))}
    upper.plot([0, 1], [0, 1], label="as sure as\nit should be", **dashed)
    upper.plot(found.claimed[enough], found.true[enough], "o-", color=style.VALIDATION, markersize=4, linewidth=1.4)
    upper.set(xlim=(0, 1), ylim=(-0.02, 1.02), ylabel=f"share of {what}")
    lower.bar(centres, found.counts, 0.9 * width, color=style.REST)
    lower.set(ylabel="how many", xlabel="probability that the network gives")
    gap = float(np.nansum((found.claimed - found.true) * found.counts) / found.counts.sum())
    lean = "too sure" if gap > 0 else "too modest"
    leaning = f", on average {lean} by {100 * abs(gap):.1f} points" if abs(gap) >= 0.005 else ""
    handles, labels = upper.get_legend_handles_labels()
    style.side_legend(figure, [*zip(handles, labels, strict=True)])
    style.headline(figure, title, f"expected calibration error {found.error:.3f} on the {split} examples{leaning}")
    return figure
