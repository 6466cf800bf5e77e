"""The metrics that a configuration asks for."""

from collections.abc import Mapping
from typing import Any

from trainer.ground.values import ConfigError
from trainer.problems import Problem


def request_metrics(problem: Problem, config: dict[str, Any]) -> None:
    """Have the problem measure all metrics that the configuration asks for, or names as objective or monitor.

    Raises:
        ConfigError: `metrics` names one that the problem does not have.
    """
    users = (user for user in (config["schedule"], *config["callbacks"].values()) if isinstance(user, Mapping))
    named = [config["objective"].partition("_")[2], *(user.get("monitor") for user in users)]
    names = [column.partition("_")[2] for column in named if isinstance(column, str)]
    problem.learns_by(config["loss"])
    try:
        problem.ask([*config["metrics"], *(name for name in names if name in problem.optional)])
    except ValueError as error:
        raise ConfigError(str(error).partition(": ")[2], "metrics") from error
