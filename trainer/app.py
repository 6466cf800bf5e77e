"""The application: what the command line asks for, done in a run directory of its own."""

import logging
import os
import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

import trainer.console  # noqa: F401  registers the resolver that the help uses
from trainer import CONFIGS, __version__, errors, fit
from trainer.config import validate

log = logging.getLogger("trainer")


def run(composed: DictConfig) -> None:
    """Checks the composed configuration and does its task. Hydra has made the run directory and its log."""
    context = HydraConfig.get()
    config = validate(composed, context.overrides.task)
    task = {"train": fit.train, "summary": fit.summary}[config["task"]]
    task(config, Path(context.runtime.output_dir))


def main() -> int:
    """Does what `sys.argv` asks for and returns the exit code: 0, or that of `errors.exit_code`."""
    if sys.argv[1:] == ["--version"]:
        print(f"trainer {__version__}")
        return 0
    codes = [0]

    def job(composed: DictConfig) -> None:
        # A run of a sweep that fails must not end the others, so its error is reported here and the job returns.
        try:
            run(composed)
        except errors.USER_ERRORS as error:
            if wants_traceback:
                raise
            log.error("error: %s", errors.explain(error, HydraConfig.get().overrides.task))
            codes.append(errors.exit_code(error))
            if isinstance(error, KeyboardInterrupt):
                sys.exit(errors.exit_code(error))

    before = os.environ.get("HYDRA_FULL_ERROR")
    wants_traceback = before == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then hands exceptions over instead of printing them itself
    logging.raiseExceptions = wants_traceback  # a full disk is one error, not one for each message
    try:
        hydra.main(config_path=str(CONFIGS), config_name="config", version_base="1.3")(job)()
    except errors.USER_ERRORS as error:
        if wants_traceback:
            raise
        overrides = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
        made = isinstance(error, OSError) and not isinstance(error, errors.CONFIGURATION)
        remedy = "; choose another directory with hydra.run.dir=DIR" if made else ""  # Hydra's only file is there
        print(f"error: {errors.explain(error, overrides)}{remedy}", file=sys.stderr)
        return errors.exit_code(error)
    finally:
        os.environ.pop("HYDRA_FULL_ERROR")
        if before is not None:
            os.environ["HYDRA_FULL_ERROR"] = before
    return max(codes)
