"""What a configuration wants measured, and what the weights of its examples must be."""

from typing import Any

import numpy as np

from trainer import datasets
from trainer.ground.values import ConfigError
from trainer.problems import Problem


def ask(problem: Problem, config: dict[str, Any]) -> None:
    """Have the problem measure all figures that the configuration asks for, or names as objective or monitor.

    Raises:
        ConfigError: `metrics` has one that the problem has not.
    """
    users = (config["schedule"], *config["callbacks"].values())
    named = [config["objective"].partition("_")[2], *(user.get("monitor") for user in users if user)]
    names = [column.partition("_")[2] for column in named if isinstance(column, str)]
    try:
        problem.ask([*config["metrics"], *(name for name in names if name in problem.optional)])
    except ValueError as error:
        raise ConfigError(str(error).partition(": ")[2], "metrics") from error


def check_weights(examples: datasets.Source) -> None:
    """Raise DataError for examples of which one has a weight that is no finite number of at least 0."""
    if datasets.WEIGHT in examples.fields:
        weights = examples.read_all(datasets.WEIGHT)
        wrong = np.flatnonzero(~((weights >= 0) & np.isfinite(weights)))
        if len(wrong):
            problem = f"the weight of training example {wrong[0]} is {weights[wrong[0]]:g}"
            raise datasets.DataError(f"{problem}; give finite weights of at least 0")
