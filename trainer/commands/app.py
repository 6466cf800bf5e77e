"""The application: what the command line asks for, done in a run directory of its own."""

import logging
import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from trainer import CONFIGS
from trainer.commands import errors
from trainer.commands.command import find_own_code
from trainer.commands.tasks import do, give_up
from trainer.compose.describe import describe
from trainer.compose.locate import folders_of
from trainer.compose.schema import ConfigError, validate
from trainer.runs import resume
from trainer.sweep import again, job


def run(composed: DictConfig) -> float | None:
    """Does the task of a composed configuration, alone or in a sweep. Hydra has made its directory and log.

    Returns what a sweep is after. Raises SystemExit, after one line, for everything that a user can cause.
    """
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
    except errors.USER_ERRORS as error:
        raise SystemExit(give_up(error, directory, overrides, folders, errors.WANTS_TRACEBACK)) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Does the task of the configuration that the arguments make, by default those of the command line.

    Returns the exit code: 0, or that of `errors.exit_code`.
    """
    if arguments is not None:
        sys.argv[1:] = arguments  # where Hydra looks for them
    parser = get_args_parser()
    parser.error = _refuse
    options = parser.parse_intermixed_args()
    folders = [Path(options.config_dir).absolute()] if options.config_dir else []
    find_own_code(folders)
    before = os.environ.get("HYDRA_FULL_ERROR")
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then hands exceptions over instead of printing them itself
    logging.raiseExceptions = errors.WANTS_TRACEBACK  # a full disk is one error, not one for each message
    try:
        name, composed = resume.composition(again.arguments(sys.argv[1:]))
        sys.argv[1:] = _overrides_first(parser, composed)
        hydra.main(config_path=str(CONFIGS), config_name=name, version_base="1.3")(run)()
    except errors.USER_ERRORS as error:
        return errors.tell(error, options.overrides, folders)
    except ValueError as error:
        if not str(error).startswith("Config group override must be"):
            raise
        return errors.tell(ConfigError("a choice is written GROUP=NAME; ~GROUP leaves one out"))
    finally:
        os.environ.pop("HYDRA_FULL_ERROR")
        if before is not None:
            os.environ["HYDRA_FULL_ERROR"] = before
    return 0


def _overrides_first(parser: ArgumentParser, arguments: Sequence[str]) -> list[str]:
    """The arguments as Hydra reads them: all overrides in one place."""
    overrides = parser.parse_intermixed_args(arguments).overrides
    options = list(arguments)
    for override in overrides:
        options.remove(override)
    return [*overrides, *options]


def _refuse(problem: str) -> NoReturn:
    """Ends the program for an argument that begins with a dash and means nothing."""
    raise SystemExit(errors.tell(ConfigError(f"{problem}; options are written KEY=VALUE, without dashes; see --help")))
