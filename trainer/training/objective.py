"""What a sweep wants to be best: one number of a run's result."""

from math import inf, isfinite
from typing import Any, Literal

from trainer.ground.values import ConfigError

Objective = Literal["best_val_accuracy", "best_val_loss", "final_val_accuracy", "final_val_loss"]
Metric = Literal["train_loss", "train_accuracy", "val_loss", "val_accuracy"]
"""A column of metrics.csv that says how good a run is."""
Mode = Literal["min", "max"]
"""Whether lower or higher is better."""


def metric(objective: str) -> str:
    """The column of metrics.csv that the objective is of."""
    return objective.partition("_")[2]


def maximised(objective: str) -> bool:
    """True where more is better."""
    return objective.endswith("accuracy")


def worst(objective: str) -> float:
    """What a failed run counts as: never NaN, which searches cannot take."""
    return -inf if maximised(objective) else inf


def value(result: dict[str, Any] | None, objective: str) -> float:
    """The objective of what result.json holds; the worst value where the run failed or has no such number."""
    result = result or {}
    figures = result.get(objective.partition("_")[0]) or {}
    number = figures.get(metric(objective))
    if number is None or not isfinite(number) or result.get("status") == "failed":
        return worst(objective)
    return number


def check(objective: str, num_classes: int | None) -> None:
    """Raises ConfigError for an accuracy of data without classes."""
    if num_classes is None and maximised(objective):
        raise ConfigError("the data has no classes; choose best_val_loss", "objective")
