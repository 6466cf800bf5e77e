"""The application: does what the command line asks for, in a new run directory."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from trainer.commands import like
from trainer.commands.command import find_own_code
from trainer.commands.options import Given, Options, overrides_first, readable
from trainer.commands.tasks import do, give_up
from trainer.compose import application, errors, saved
from trainer.compose.configure import DictConfig
from trainer.compose.describe import describe
from trainer.compose.schema import validate
from trainer.ground import signals
from trainer.ground.errors import limited
from trainer.ground.own_code import in_own_code
from trainer.sweep import folds, job, resume


def run(composed: DictConfig) -> float | None:
    """Do the task of a composed configuration, alone or in a sweep. Hydra has made its directory and log.

    Returns:
        The objective, for a job of a sweep; else None.

    Raises:
        SystemExit: After one line, for every error that a user can cause.
    """
    signals.ready()
    directory, overrides, folders, in_sweep = application.current()
    if in_sweep:
        return job.do(composed, directory, overrides, folders)
    try:
        config = validate(composed, overrides)
        if config["resume"] is None:  # a resumed run has its own
            describe(directory, composed)
        do(config, directory)
    except (Exception, KeyboardInterrupt) as error:
        error = signals.cause(error)
        known = error if isinstance(error, errors.USER_ERRORS) else limited(error) or in_own_code(error, composed.allow)
        if known is None:
            raise
        raise SystemExit(give_up(known, directory, overrides, folders, errors.WANTS_TRACEBACK)) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Do the task of the configuration in `arguments`, by default those of the command line.

    Returns:
        The exit code: 0, or that of `errors.exit_code`.
    """
    given, rest = Given().parse_known_args(arguments)
    sys.argv[1:] = rest = readable(rest)  # where Hydra looks for them
    parser = Options()
    options = parser.parse_intermixed_args()
    folders = [Path(options.config_dir).absolute()] if options.config_dir else []
    find_own_code(folders)
    logging.raiseExceptions = errors.WANTS_TRACEBACK  # a full disk is one error, not one for each message
    try:
        if given.like is None:
            name, composed = saved.composition(folds.arguments(resume.arguments(rest)))
        else:
            name, composed = like.composition(given.like, rest)
        sys.argv[1:] = overrides_first(parser, composed)
        application.start(run, name, folders, given.quiet)
    except BrokenPipeError:
        raise
    except errors.USER_ERRORS as error:
        return errors.tell(error, options.overrides, folders)
    except ValueError as error:
        if not isinstance(error.__cause__, OSError):  # else the log could not be opened
            raise
        return errors.tell(error.__cause__)
    return 0
