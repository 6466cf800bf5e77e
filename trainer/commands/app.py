"""The application: what the command line asks for, done in a run directory of its own."""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from trainer import CONFIGS
from trainer.commands import errors, like
from trainer.commands.command import find_own_code
from trainer.commands.options import Given, Options, overrides_first
from trainer.commands.tasks import do, give_up
from trainer.compose.describe import describe
from trainer.compose.locate import folders_of
from trainer.compose.own_files import readable
from trainer.compose.schema import ConfigError, validate
from trainer.ground import signals
from trainer.ground.errors import limited
from trainer.ground.own_code import in_own_code
from trainer.runs import resume
from trainer.sweep import again, job


def run(composed: DictConfig) -> float | None:
    """Do the task of a composed configuration, alone or in a sweep. Hydra has made its directory and log.

    Returns what a sweep is after. Raises SystemExit, after one line, for everything that a user can cause.
    """
    signals.ready()
    context = HydraConfig.get()
    directory, overrides = Path(context.runtime.output_dir), OmegaConf.to_container(context.overrides.task)
    folders = folders_of(context)
    if context.mode is RunMode.MULTIRUN:
        return job.do(composed, directory, overrides, folders)
    try:
        config = validate(composed, overrides)
        if config["resume"] is None:  # a resumed run has its own
            describe(directory, composed, context)
        do(config, directory)
    except (Exception, KeyboardInterrupt) as error:
        known = error if isinstance(error, errors.USER_ERRORS) else limited(error) or in_own_code(error, composed.allow)
        if known is None:
            raise
        raise SystemExit(give_up(known, directory, overrides, folders, errors.WANTS_TRACEBACK)) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Do the task of the configuration that the arguments make, by default those of the command line.

    Returns the exit code: 0, or that of `errors.exit_code`.
    """
    given, rest = Given().parse_known_args(arguments)
    sys.argv[1:] = rest  # where Hydra looks for them
    parser = Options()
    options = parser.parse_intermixed_args()
    folders = [Path(options.config_dir).absolute()] if options.config_dir else []
    find_own_code(folders)
    before = os.environ.get("HYDRA_FULL_ERROR")
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then hands exceptions over instead of printing them itself
    logging.raiseExceptions = errors.WANTS_TRACEBACK  # a full disk is one error, not one for each message
    try:
        if given.like is None:
            name, composed = resume.composition(again.arguments(rest))
        else:
            name, composed = like.composition(given.like, rest)
        sys.argv[1:] = overrides_first(parser, composed)
        with readable(folders):
            hydra.main(config_path=str(CONFIGS), config_name=name, version_base="1.3")(run)()
    except BrokenPipeError:
        raise
    except errors.USER_ERRORS as error:
        return errors.tell(error, options.overrides, folders)
    except ValueError as error:
        if isinstance(error.__cause__, OSError):  # of the log
            return errors.tell(error.__cause__)
        if not str(error).startswith("Config group override must be"):
            raise
        return errors.tell(ConfigError("a choice is written GROUP=NAME; ~GROUP leaves one out"))
    finally:
        os.environ.pop("HYDRA_FULL_ERROR")
        if before is not None:
            os.environ["HYDRA_FULL_ERROR"] = before
    return 0
