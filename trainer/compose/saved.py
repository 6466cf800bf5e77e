"""Composes saved configurations again, for `resume=RUN` and for `--like RUN`."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, OmegaConf

from trainer import CONFIGS
from trainer.ground.overrides import group, last, parts, quoted
from trainer.ground.values import ConfigError
from trainer.runs import checkpoint
from trainer.runs.find import find
from trainer.runs.folder import LAST, refuse_links
from trainer.runs.trust import checked_config

NAME = "resumed"  # of the configuration that Hydra composes


def composition(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Return the name of the configuration that Hydra is to compose, and the arguments to give it.

    For `resume=RUN` the saved configuration replaces configs/config.yaml, except the part that configures Hydra itself:
    nothing in a run directory decides which code is run.

    Raises:
        CheckpointError, ConfigError: There is nothing to resume, or it cannot be resumed with these arguments.
    """
    called = last("resume", arguments)
    if called in (None, "", "null"):
        return "config", list(arguments)
    run = find(called)
    if {"-m", "--multirun"} & {*arguments}:
        raise ConfigError("a run is resumed alone, without --multirun", "resume")
    for argument in arguments:
        if kept := group(argument):
            raise ConfigError(f"a resumed run keeps its {kept}; give options of it, as in {kept}.KEY=VALUE", kept)
    refuse_place(arguments, "hydra.run.dir")
    if not (run / LAST).exists():
        raise ConfigError(f"{run} has no {LAST}; give the directory of a run that has begun to train", "resume")
    check_name(run)
    refuse_links(run)
    saved = checkpoint.read(run / LAST)
    config = checked_config(saved.metadata["config"], (), saved.origin)
    store(config | {"resume": str(run)})
    others = [argument for argument in arguments if parts(argument).key != "resume"]
    return NAME, [*others, f"resume={quoted(str(run))}", f"hydra.run.dir={quoted(str(run))}"]


def check_name(directory: Path) -> None:
    """Raise ConfigError for a directory that Hydra cannot work in."""
    if "${" in str(directory.absolute()):
        raise ConfigError(f"{directory}: Hydra replaces ${{...}} in names; rename the directory", "resume")


def refuse_place(arguments: Sequence[str], key: str) -> None:
    """Raise ConfigError if the option `key` sets another directory for what is resumed."""
    if last(key, arguments) is not None:
        raise ConfigError("what is resumed continues in its directory; leave this out, or resume a copy of it", key)


def store(config: dict[str, Any]) -> None:
    """Register a saved configuration with Hydra as NAME, with our own configuration of Hydra itself."""
    node = OmegaConf.create(config | {"allow": [], "data": _escaped(config["data"])})
    node.hydra = OmegaConf.load(CONFIGS / "config.yaml").hydra
    ConfigStore.instance().store(NAME, node)


def _escaped(value: Any) -> Any:
    """Return plain values, escaped so that OmegaConf takes no text, such as a column's name, for a reference."""
    if isinstance(value, dict):
        return {name: _escaped(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(each) for each in value]
    if value == MISSING:
        return f"""${{oc.decode:"'{MISSING}'"}}"""
    return re.sub(r"(\\*)\$\{", r"\1\1\\${", value) if isinstance(value, str) else value
