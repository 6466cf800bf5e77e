"""One job of a sweep, in whatever process its launcher runs it."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from trainer.commands import errors
from trainer.commands.tasks import TASKS, give_up
from trainer.compose.schema import validate
from trainer.datasets.sets.idx_images import keep_files
from trainer.ground.own_code import in_own_code
from trainer.runs import resume
from trainer.runs.folder import record
from trainer.sweep.jobs import PRUNING
from trainer.sweep.orphan import end_with_parent, is_apart, is_ending, told_by
from trainer.training import objective


def do(composed: DictConfig, directory: Path, overrides: Sequence[str], folders: Sequence[Path]) -> float:
    """Does a job and returns its objective.

    One that fails leaves the reason in its directory and returns the worst value, so that the others go on.

    Raises:
        KeyboardInterrupt: a signal came for the sweep, whose process this is.
    """
    worst = objective.worst(str(composed.get("objective")))
    if is_ending(directory.parent):
        return worst
    end_with_parent()
    keep_files()
    logging.raiseExceptions = False  # a full disk is one error, not one for each message
    apart = is_apart()
    try:
        # What a job prints goes to its log: the terminal is for the sweep.
        with told_by(directory.parent), _written(directory / "train.log"):
            config = _config(composed, directory, overrides)
            result = TASKS[config["task"]](config, directory)
        record(directory, "completed")
        return objective.value(result, config["objective"])
    except KeyboardInterrupt as error:
        give_up(error, directory, overrides, folders, traceback=False)
        if not apart:
            raise
    except Exception as error:
        known = in_own_code(error, composed.allow) or error
        give_up(known, directory, overrides, folders, traceback=not isinstance(error, errors.CONFIGURATION))
    return worst


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Within, what is printed goes to a file."""
    with path.open("a", encoding="utf-8", errors="backslashreplace") as log, redirect_stdout(log), redirect_stderr(log):
        yield


def _config(composed: DictConfig, directory: Path, overrides: Sequence[str]) -> dict[str, Any]:
    """The checked configuration, with what the sweep adds to it."""
    config = validate(composed, overrides)
    if (directory / resume.LAST).exists():  # it was interrupted
        config["resume"] = str(directory)
    if (directory / PRUNING).exists():
        options = json.loads((directory / PRUNING).read_text(encoding="utf-8"))
        config["callbacks"]["pruning"] = {"_target_": "trainer.sweep.pruning.Pruning"} | options
    return config
