"""Runs Hydra for the command line: it composes the configuration, makes a directory and a log, and calls us."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from trainer import CONFIGS
from trainer.compose import hydra_errors
from trainer.compose.configure import DictConfig
from trainer.compose.locate import folders_of
from trainer.compose.own_files import readable
from trainer.compose.plain import as_written
from trainer.ground.console import quietly


class Call(NamedTuple):
    """A call by Hydra: where and how a task is to be done.

    Attributes:
        directory: The directory for the results; it exists.
        overrides: The overrides of the command line, or of this job.
        folders: With configurations besides ours.
        in_sweep: Whether this is a job of a sweep.
    """

    directory: Path
    overrides: list[str]
    folders: list[Path]
    in_sweep: bool


def start(work: Callable[[DictConfig], Any], name: str, folders: Sequence[Path], quiet: bool = False) -> None:
    """Compose the configuration that the arguments of this process ask for; do `work` with it, once or for each job.

    Args:
        work: Takes a composed configuration, without Hydra's own part; it gets the rest from `current`.
        name: The name of the configuration to begin with.
        folders: With configurations besides ours, as given with --config-dir.
        quiet: Show only warnings and errors.

    Raises:
        HydraException, OmegaConfBaseException, yaml.YAMLError, ConfigError: The arguments make no configuration.
    """
    before = os.environ.get("HYDRA_FULL_ERROR")
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then hands exceptions over instead of printing them itself
    try:
        with readable(folders), quietly(quiet):
            hydra.main(config_path=str(CONFIGS), config_name=name, version_base="1.3")(work)()
    except (ValueError, RecursionError) as error:
        if mistaken := hydra_errors.mistake(error, sys.argv[1:], folders):
            raise mistaken from error
        raise
    finally:
        os.environ.pop("HYDRA_FULL_ERROR")
        if before is not None:
            os.environ["HYDRA_FULL_ERROR"] = before


def current() -> Call:
    """Return what the current call of `work` is asked for."""
    context = HydraConfig.get()
    overrides = as_written(context.overrides.task)
    return Call(Path(context.runtime.output_dir), overrides, folders_of(context), context.mode is RunMode.MULTIRUN)
