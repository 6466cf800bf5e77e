"""One job of a sweep, in whatever process its launcher runs it."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from trainer.commands import tasks
from trainer.compose import errors
from trainer.compose.configure import DictConfig
from trainer.compose.describe import describe
from trainer.compose.schema import validate
from trainer.datasets.sets.idx_images import KeptFiles
from trainer.ground import signals
from trainer.ground.own_code import in_own_code
from trainer.runs.folder import LAST, LOG, PRUNING, record, refuse_links
from trainer.runs.records import RecordError, read_json
from trainer.sweep.orphan import end_with_parent, is_apart, is_ending, told_by
from trainer.training import objective

FILES = KeptFiles()  # of the jobs of a sweep that this process does
OPTIONS = ("goal", "limits", "warmup")  # of `trainer.sweep.pruning.Pruning`


def do(composed: DictConfig, directory: Path, overrides: Sequence[str], folders: Sequence[Path]) -> float:
    """Do a job and return its objective.

    A job that fails, whatever it raises, leaves the reason in its directory and returns the worst value, so that the
    others continue.

    Raises:
        KeyboardInterrupt: A signal came, and this is the sweep's own process.
    """
    worst = objective.worst(str(composed.get("objective")))
    if is_ending(directory.parent):
        return worst
    end_with_parent()
    logging.raiseExceptions = False  # a full disk is one error, not one for each message
    apart = is_apart()
    try:
        describe(directory, composed)
        # What a job prints goes to its log: the terminal is for the sweep.
        with told_by(directory.parent), _written(directory / LOG), FILES:
            config = _config(composed, directory, overrides)
            result = tasks.do(config, directory)
        record(directory, "completed")
        return objective.value(result, config["objective"])
    except BaseException as raised:
        error = signals.cause(raised)
        if not (stopped := isinstance(error, KeyboardInterrupt)):
            error = in_own_code(error, composed.allow) or error
        traceback = not stopped and not isinstance(raised, errors.CONFIGURATION)
        tasks.give_up(error, directory, overrides, folders, traceback)
        if isinstance(error, signals.Interrupted) and not apart:  # one of the user's own code ends its job only
            raise error from None
    return worst


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Within, write to a file what is printed."""
    with path.open("a", encoding="utf-8", errors="backslashreplace") as log, redirect_stdout(log), redirect_stderr(log):
        yield


def _config(composed: DictConfig, directory: Path, overrides: Sequence[str]) -> dict[str, Any]:
    """Return the checked configuration, with what the sweep adds to it."""
    config = validate(composed, overrides)
    if (directory / LAST).exists():  # it was interrupted
        refuse_links(directory)
        config["resume"] = str(directory)
    if options := pruning(directory):
        config["callbacks"]["pruning"] = {"_target_": "trainer.sweep.pruning.Pruning"} | options
    return config


def pruning(directory: Path) -> dict[str, Any]:
    """Return when to prune a job, as the search decided: options of `trainer.sweep.pruning.Pruning`, if any.

    Raises:
        RecordError: The file is damaged.
    """
    if not (directory / PRUNING).exists():
        return {}
    saved = read_json(directory / PRUNING)
    if not isinstance(saved, dict) or not saved.keys() <= {*OPTIONS}:
        raise RecordError(f"{directory / PRUNING}: is damaged; remove the directory to repeat this job")
    return saved
