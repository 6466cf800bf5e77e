"""The objective of a sweep, which is one number of a run's result, and the direction of a monitored metric."""

from math import inf, isfinite
from typing import Any, Literal

from trainer.ground.values import ConfigError, suggestion
from trainer.problems import Problem, known_metrics, metric_of

AUTO = "auto"  # the figure by which the problem chooses the epoch that is kept
WHEN = ("best", "final")  # of a run's epochs
Mode = Literal["min", "max"]
"""Whether lower or higher is better."""


def chosen(objective: str, problem: Problem) -> str:
    """Return the objective that is meant for a problem."""
    return f"best_val_{problem.headline}" if objective == AUTO else objective


def metric(objective: str) -> str:
    """Return the objective's column of metrics.csv."""
    return objective.partition("_")[2]


def label(objective: str) -> str:
    """Return the objective in words: "best validation accuracy"."""
    when, _, column = objective.partition("_")
    found = metric_of(column)
    return f"{when} validation {found.label}" if found else objective.replace("_", " ")


def maximised(objective: str) -> bool:
    """Return whether higher is better."""
    found = metric_of(metric(objective))
    return found is not None and found.higher_is_better


def worst(objective: str) -> float:
    """Return what a failed run counts as: never NaN, which searches cannot take."""
    return -inf if maximised(objective) else inf


def value(result: dict[str, Any] | None, objective: str) -> float:
    """Return the objective from what result.json holds; the worst value if the run failed or has no such number."""
    result = result or {}
    if objective == AUTO:
        objective = f"best_{result.get('best_by')}"
    figures = result.get(objective.partition("_")[0]) or {}
    number = figures.get(metric(objective))
    if number is None or not isfinite(number) or result.get("status") == "failed":
        return worst(objective)
    return number


def check(objective: str, problem: Problem | None = None) -> None:
    """Raise ConfigError for an unknown objective, or one that this problem does not have."""
    choices = [f"{when}_val_{name}" for when in WHEN for name in known_metrics()]
    if objective not in choices:
        raise ConfigError(f"'{objective}' is not an objective{suggestion(objective, choices)}", "objective")
    if problem is not None and (name := metric(objective).removeprefix("val_")) not in problem.metrics:
        raise ConfigError(f"the data has no {name}; set objective=best_val_{problem.headline}", "objective")


def higher_is_better(monitor: str, mode: Mode | None = None) -> bool:
    """Return whether higher is better for a monitored column of metrics.csv.

    Args:
        monitor: The column, such as val_loss.
        mode: "min" where lower, "max" where higher is better; None: whichever is better for this metric.

    Raises:
        ValueError: The monitor is not a metric of any problem.
    """
    found = metric_of(monitor)
    if found is None:
        columns = [f"{part}_{name}" for part in ("train", "val") for name in known_metrics()]
        raise ValueError(f"monitor: '{monitor}' is not a metric{suggestion(monitor, columns)}")
    return found.higher_is_better if mode is None else mode == "max"
