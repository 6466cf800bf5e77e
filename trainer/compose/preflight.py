"""Checks a whole configuration before a directory is made or data is read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from trainer.compose import errors
from trainer.compose.configure import without_hydra
from trainer.compose.locate import folders_of, override_of
from trainer.compose.plain import as_written, with_directory
from trainer.compose.schema import WITHOUT_MODEL, ConfigError, validate
from trainer.datasets import Dataset
from trainer.engine.setup import Setup
from trainer.ground.errors import LEFT, UserError
from trainer.ground.own_code import in_own_code
from trainer.ground.targets import instantiate
from trainer.models import GraphError
from trainer.runs import start
from trainer.runs.folder import claim
from trainer.runs.locked import locked
from trainer.training import objective, plan
from trainer.training.callbacks.make import make_callbacks


def preflight(composed: DictConfig, overrides: Sequence[str] = ()) -> Setup:
    """Check a configuration by building everything it describes except the data; return the objects of the engine.

    Args:
        composed: What Hydra composed, with its own `hydra` node.
        overrides: The overrides of the command line.

    Raises:
        ConfigError, GraphError: Something in it does not fit.
    """
    context = HydraConfig.instance()
    before = context.cfg
    context.set_config(composed)  # for interpolations such as ${hydra:job.name}
    try:
        return check(validate(without_hydra(composed), overrides))
    finally:
        context.cfg = before


def preflight_data(composed: DictConfig, overrides: Sequence[str] = ()) -> None:
    """Check a configuration whose model does not count, by making its data. Arguments and errors as `preflight`."""
    config = validate(without_hydra(composed), overrides)
    instantiate(config["data"], Dataset, "data", allow=config["allow"])


def check(config: dict[str, Any]) -> Setup:
    """Build everything that a validated configuration describes except the data; return and raise as `preflight`."""
    try:
        setup = Setup(config)
        callbacks = make_callbacks(config)
    except GraphError as error:
        if error.key:
            raise
        raise ConfigError(str(error), f"model.layers.{[*config['model']['layers']][-1]}") from error
    except UserError:
        raise
    except SystemExit as error:
        own = in_own_code(error, config["allow"])
        raise ConfigError(f"{LEFT} ({error.code})", place=own.place if own else "") from error
    except Exception as error:
        if own := in_own_code(error, config["allow"]):
            raise ConfigError(own.message, place=own.place) from error
        raise
    start.read(config, setup.graph)
    if not config["resume"]:  # a run that began like this may still be resumed
        setup.loss.check_end(setup.graph)
        setup.problem.check_loss(setup.loss)
    plan.check_monitors(setup, callbacks, bool(setup.validation))
    objective.check(objective.chosen(config["objective"], setup.problem))
    return setup


class Preflight(Callback):
    """Hydra callback: a mistake in the configuration ends the program; without one, the run gets its own directory.

    A directory given by hand is taken as it is. Sweeps check their jobs and claim their directory themselves.
    """

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        # As text: reading an override from the list would resolve a ${...} in it.
        given_now = as_written(config.hydra.overrides)
        task, own = given_now["task"], given_now["hydra"]
        try:
            (preflight_data if config.task in WITHOUT_MODEL else preflight)(config, task)
            given = any(override.startswith("hydra.run.dir=") for override in own)
            with_directory(config.hydra.run, claim(Path(config.hydra.run.dir), exclusive=not given))
            option = "" if config.resume else "hydra.run.dir"
            with locked(Path(config.hydra.run.dir), option):  # before Hydra writes into the directory of another run
                pass
        except errors.USER_ERRORS as error:
            if isinstance(error, UserError) and config.hydra.job.config_name != "config":  # it is in no file
                error.place = error.place or override_of(error.key, task) or error.key
            # Hydra turns exceptions of callbacks into warnings, but lets this one pass.
            raise SystemExit(errors.tell(error, [*task, *own], folders_of(config.hydra))) from None
