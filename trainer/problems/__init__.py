"""Problems: what outputs mean, and the figures that measure how good they are."""

from trainer.problems.calibration import Calibration, calibration
from trainer.problems.classification import Classification
from trainer.problems.multi_label import MultiLabel
from trainer.problems.next_token import NextToken
from trainer.problems.problem import LOSS, Metric, Problem, in_words, known_metrics, mean, metric_of, ratio, shown
from trainer.problems.regression import Regression

__all__ = [
    "LOSS",
    "Calibration",
    "Classification",
    "Metric",
    "MultiLabel",
    "NextToken",
    "Problem",
    "Regression",
    "calibration",
    "in_words",
    "known_metrics",
    "mean",
    "metric_of",
    "ratio",
    "shown",
    "usual",
]


def usual(num_classes: int | None) -> type[Problem]:
    """Return the problem of data that name none: a classification if they have classes, else a regression."""
    return Regression if num_classes is None else Classification
