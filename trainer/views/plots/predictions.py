"""Predicted values against the true ones, and the errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trainer.problems import Regression
from trainer.views import style
from trainer.views.limits import bounds
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

MOST_POINTS, MOST_VALUES = 3000, 4


def draw(subject: Subject) -> Figure:
    found, problem = subject.measured, subject.network.problem
    if not isinstance(problem, Regression):
        raise UnsuitableError("its outputs are not values")
    predicted, true = (
        problem.predictions(values.reshape(len(values), -1)) for values in (found.outputs, found.targets)
    )
    r2 = found.figures.get("r2")
    reached = f"R² {r2:.4f} on {len(true):,} {found.split} examples" if r2 is not None else ""
    return draw_predictions(predicted, true, subject.title, reached)


def draw_predictions(predicted: np.ndarray, true: np.ndarray, title: str = "", reached: str = "") -> Figure:
    """Draw for each value, at most four, the predictions against the truth, and a histogram of the errors.

    Args:
        predicted, true: (N, K).
        title: Names the run.
        reached: What it has reached.
    """
    count = min(MOST_VALUES, predicted.shape[1])
    figure = style.new_figure(7.6, 3.4 * count)
    some = np.linspace(0, len(true) - 1, min(MOST_POINTS, len(true))).astype(np.int64)
    for row in range(count):
        left, right = figure.add_subplot(count, 2, 2 * row + 1), figure.add_subplot(count, 2, 2 * row + 2)
        number = f" of value {row}" if predicted.shape[1] > 1 else ""
        style.style_axes(left, f"Predicted and true{number}")
        style.style_axes(right, "Predicted minus true")
        guess, target = predicted[some, row], true[some, row]
        left.plot(target, guess, "o", markersize=3, markeredgewidth=0, color=style.VALIDATION, alpha=0.5)
        limits = bounds([float(value) for value in (*guess, *target)]) or (0.0, 1.0)
        left.plot(limits, limits, color=style.FAINT, linewidth=1, linestyle=(0, (4, 3)), label="predicted = true")
        left.set(xlim=limits, ylim=limits, xlabel="true", ylabel="predicted")
        left.legend(frameon=False, fontsize=9, labelcolor=style.INK, loc="upper left")
        error = (predicted[:, row] - true[:, row])[np.isfinite(predicted[:, row])]
        if len(error):
            bins = min(40, 4 + int(2 * len(error) ** 0.5))
            right.hist(error, bins=bins, range=bounds(error.tolist()), color=style.HEAT[1])
            right.axvline(0, color=style.FAINT, linewidth=1, linestyle=(0, (4, 3)))
        right.set(xlabel="error", ylabel="examples")
    style.headline(figure, title, reached)
    return figure
