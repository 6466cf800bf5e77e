"""The tasks of a configuration, and the message when one fails."""

import logging
import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from trainer.commands import gradcheck, profile
from trainer.commands import graph as drawing
from trainer.commands import preview as look
from trainer.commands import summary as layers
from trainer.compose import errors
from trainer.ground.errors import LEFT, TrainingError
from trainer.ground.overrides import parts
from trainer.ground.signals import Interrupted
from trainer.runs.folder import LAST, record, resume_command
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
    """Do the task of a checked configuration, and return its result.

    Raises:
        TrainingError: The user's own code called sys.exit, which could look like success.
    """
    try:
        return TASKS[config["task"]](config, directory)
    except SystemExit as error:
        raise TrainingError(f"{LEFT} ({error.code})") from error


def give_up(
    error: BaseException, directory: Path, overrides: Sequence[str], folders: Sequence[Path], traceback: bool
) -> int:
    """Say in one line, and in result.json, why a run has ended; return the exit code.

    If result.json cannot be written either, as on a full disk, that is not said: there is one line already.
    """
    line = errors.explain(error, overrides, folders)
    if isinstance(error, Interrupted):
        folders_again = "".join(f" --config-dir {shlex.quote(str(folder))}" for folder in folders)
        if error.bare:  # it came while the run was loading, or after its end
            trusted = [override for override in overrides if parts(override).key == "allow"]
            saved = (directory / LAST).exists()
            line += f"; continue with: {resume_command(directory, trusted)}" if saved else " before anything was saved"
        line += folders_again if "; continue with: " in line else ""  # the user's own code may be there
    log.error("error: %s", line, exc_info=traceback)
    with suppress(OSError):
        record(directory, "stopped" if isinstance(error, KeyboardInterrupt) else "failed", line)
    return errors.exit_code(error)
