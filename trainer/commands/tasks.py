"""What can be done with a configuration, and how it is told when that fails."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from trainer.commands import errors, gradcheck, profile
from trainer.commands import graph as drawing
from trainer.commands import preview as look
from trainer.commands import summary as layers
from trainer.ground.errors import LEFT, TrainingError
from trainer.ground.signals import Interrupted
from trainer.runs.folder import LAST, go_on, record
from trainer.training import fit

TASKS: dict[str, Callable[..., Any]] = {
    "train": fit.train,
    "summary": layers.summary,
    "gradcheck": gradcheck.gradcheck,
    "graph": drawing.graph,
    "profile": profile.profile,
    "preview": look.preview,
}

log = logging.getLogger("trainer")


def do(config: dict[str, Any], directory: Path) -> Any:
    """Do the task of a checked configuration, and return what it gives.

    Raises:
        TrainingError: Code of the user's own would end the program, which could look like success.
    """
    try:
        return TASKS[config["task"]](config, directory)
    except SystemExit as error:
        raise TrainingError(f"{LEFT} ({error.code})") from error


def give_up(
    error: BaseException, directory: Path, overrides: Sequence[str], folders: Sequence[Path], traceback: bool
) -> int:
    """Says in one line, and in result.json, why a run has ended; returns the exit code.

    A disk that is full has had its line: that the result cannot be written either is not said.
    """
    line = errors.explain(error, overrides, folders)
    if isinstance(error, Interrupted) and error.bare:  # it came while the run was loading, or after its end
        saved = (directory / LAST).exists()
        line += f"; go on with: {go_on(directory)}" if saved else " before anything was saved"
    log.error("error: %s", line, exc_info=traceback)
    with suppress(OSError):
        record(directory, "stopped" if isinstance(error, KeyboardInterrupt) else "failed", line)
    return errors.exit_code(error)
