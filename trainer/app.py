"""The application: what the command line asks for, done in a run directory of its own."""

import json
import logging
import os
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NoReturn

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

import trainer.console  # noqa: F401  registers the resolver that the help uses
from trainer import CONFIGS, __version__, drawing, errors, fit, gradcheck, objective, profile, resume
from trainer.config import ConfigError, validate
from trainer.rundir import record
from trainer.sweep import again
from trainer.sweep.jobs import PRUNING
from trainer.sweep.orphan import end_with_parent

TASKS = {
    "train": fit.train,
    "summary": fit.summary,
    "gradcheck": gradcheck.gradcheck,
    "graph": drawing.graph,
    "profile": profile.profile,
}

log = logging.getLogger("trainer")


def run(composed: DictConfig) -> float | None:
    """Does the task of a composed configuration, alone or as a job of a sweep. Hydra has made its directory and log.

    Returns what a sweep is after. A mistake ends the program with one line; but a job leaves it in its directory and
    returns the worst value, so that the other jobs go on.
    """
    context = HydraConfig.get()
    directory, in_sweep = Path(context.runtime.output_dir), context.mode is RunMode.MULTIRUN
    overrides = OmegaConf.to_container(context.overrides.task)
    caught = (Exception, KeyboardInterrupt) if in_sweep else errors.USER_ERRORS
    try:
        with ExitStack() as stack:
            if in_sweep:
                end_with_parent()
                # What a job prints goes to its log: the terminal is for the sweep.
                output = stack.enter_context((directory / "train.log").open("a", encoding="utf-8"))
                stack.enter_context(redirect_stdout(output))
                stack.enter_context(redirect_stderr(output))
            config = validate(composed, overrides)
            if in_sweep and (directory / resume.LAST).exists():  # it was interrupted
                config["resume"] = str(directory)
            if in_sweep and (directory / PRUNING).exists():
                pruning = json.loads((directory / PRUNING).read_text(encoding="utf-8"))
                config["callbacks"]["pruning"] = {"_target_": "trainer.sweep.pruning.Pruning"} | pruning
            result = TASKS[config["task"]](config, directory)
            if in_sweep:
                record(directory, "completed")
            return objective.value(result, config["objective"])
    except caught as error:
        line = errors.explain(error, overrides)
        expected = isinstance(error, (*errors.CONFIGURATION, KeyboardInterrupt)) or not in_sweep
        log.error("error: %s", line, exc_info=errors.WANTS_TRACEBACK or not expected)
        record(directory, "stopped" if isinstance(error, KeyboardInterrupt) else "failed", line)
        if in_sweep and isinstance(error, Exception):
            return objective.worst(composed.get("objective") or "")
        raise SystemExit(errors.exit_code(error)) from None


def main() -> int:
    """Does what `sys.argv` asks for and returns the exit code: 0, or that of `errors.exit_code`."""
    if sys.argv[1:] == ["--version"]:
        print(f"trainer {__version__}")
        return 0
    parser = get_args_parser()
    parser.error = _refuse
    arguments = parser.parse_args()
    _find_own_code(arguments.config_dir)
    before = os.environ.get("HYDRA_FULL_ERROR")
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then hands exceptions over instead of printing them itself
    logging.raiseExceptions = errors.WANTS_TRACEBACK  # a full disk is one error, not one for each message
    try:
        name, sys.argv[1:] = resume.composition(again.arguments(sys.argv[1:]))
        hydra.main(config_path=str(CONFIGS), config_name=name, version_base="1.3")(run)()
    except errors.USER_ERRORS as error:
        return errors.tell(error, arguments.overrides)
    except ValueError as error:
        if not str(error).startswith("Config group override must be"):
            raise
        return errors.tell(ConfigError("a choice is written GROUP=NAME; ~GROUP leaves one out"))
    finally:
        os.environ.pop("HYDRA_FULL_ERROR")
        if before is not None:
            os.environ["HYDRA_FULL_ERROR"] = before
    return 0


def _refuse(problem: str) -> NoReturn:
    """Ends the program for an argument that begins with a dash and means nothing."""
    raise SystemExit(errors.tell(ConfigError(f"{problem}; options are written KEY=VALUE, without dashes; see --help")))


def _find_own_code(config_dir: str | None) -> None:
    """Makes a user's packages importable that lie in the current folder, in that of --config-dir or beside it.

    They come last, so that they never stand in for another package.
    """
    own = Path(config_dir).absolute() if config_dir else Path.cwd()
    for folder in (Path.cwd(), own, own.parent):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
