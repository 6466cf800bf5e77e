"""Every mistake a user can make, as one line and an exit code."""

import re
from collections.abc import Sequence
from pathlib import Path

import yaml
from hydra import compose
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from datasets import DataError
from models import GraphError
from trainer import CONFIGS
from trainer.fit import TrainingError
from trainer.locate import hydra_ready, line_of, override_of, shown
from trainer.targets import options, resolve
from trainer.values import ConfigError, child, suggestion

CONFIGURATION = (ConfigError, GraphError, HydraException, OmegaConfBaseException, yaml.YAMLError)
USER_ERRORS = (*CONFIGURATION, DataError, TrainingError, OSError, MemoryError, KeyboardInterrupt)


def exit_code(error: BaseException) -> int:
    """Returns 2 for a wrong configuration, 130 for Ctrl-C (as shells do), 1 for everything else."""
    if isinstance(error, KeyboardInterrupt):
        return 130
    return 2 if isinstance(error, CONFIGURATION) else 1


def explain(error: BaseException, overrides: Sequence[str] = ()) -> str:
    """Returns one of USER_ERRORS as one line: where, what, remedy.

    Arguments:
        error: what was raised.
        overrides: the overrides of the command line, which may be the place.
    """
    match error:
        case ConfigError():
            line = f"{_place(error, overrides)}{error}"
        case MissingConfigException():
            line = _missing_file(error, overrides)
        case OverrideParseException():
            line = f"{error.override}: not an override; write KEY=VALUE, special characters in quotes"
        case HydraException():
            line = _composition(error, overrides)
        case yaml.MarkedYAMLError(problem_mark=mark) if mark:
            line = f"{shown(Path(mark.name))}:{mark.line + 1}: {error.problem}"
        case KeyboardInterrupt():
            line = "interrupted"
        case MemoryError():
            line = "out of memory; reduce batch_size or the model" + (f" ({error})" if str(error) else "")
        case OSError(strerror=str(reason), filename=name):
            line = f"{name}: {reason}" if name is not None else reason
        case _:
            line = str(error) or type(error).__name__
    return " ".join(line.split())


def _place(error: ConfigError, overrides: Sequence[str]) -> str:
    if not error.key:
        return ""
    if override := override_of(error.key, overrides):
        value = override.partition("=")[2].strip("'\"")
        # A message that quotes the value needs no second copy of it.
        quoted = str(error).lstrip("'").startswith(value) and bool(value)
        return f"{error.key if quoted else override}: "
    line = line_of(error.key, overrides)
    return f"{line}: {error.key}: " if line else f"{error.key}: "


def _missing_file(error: MissingConfigException, overrides: Sequence[str]) -> str:
    if error.missing_cfg_file is None:
        return str(error)
    group, _, name = error.missing_cfg_file.rpartition("/")
    origin = re.match(r"In '([^']+)'", str(error))
    place = f"{group}={name}: " if override_of(group, overrides) else f"configs/{origin[1]}.yaml: " if origin else ""
    choices = error.options or [file.stem for file in (CONFIGS / group).glob("*.yaml")]
    return f"{place}no such file configs/{error.missing_cfg_file}.yaml{suggestion(name, sorted(choices))}"


def _composition(error: HydraException, overrides: Sequence[str]) -> str:
    message = str(error) or str(error.__cause__)
    if found := re.match(r"(?:Ambiguous value for argument|Sweep parameters) '(.*)'", message):
        return f"{found[1]}: several values need --multirun; one list is written KEY=[1,2]"
    if found := re.match(r"Could not (override|delete) '(.+)'\. No match in the defaults list", message):
        remedy = f"; add the group with +{found[2]}=NAME" if found[1] == "override" else ""
        return f"{override_of(found[2], overrides) or found[2]}: nothing is chosen from group '{found[2]}'{remedy}"
    if found := re.match(r"Could not append to config\. An item is already at '(.+)'", message):
        return f"{override_of(found[1], overrides) or found[1]}: '{found[1]}' exists already; leave out the plus sign"
    if found := re.match(r"Could not override '(.+)'\.|Could not delete from config\. '(.+)' does not exist", message):
        key = found[1] or found[2]
        return f"{override_of(key, overrides) or key}: {_unknown_key(key, overrides)}"
    cause = f": {error.__cause__}" if str(error) and error.__cause__ else ""
    return (message.splitlines() or [type(error).__name__])[0] + cause.partition("\n")[0]


def _unknown_key(key: str, overrides: Sequence[str]) -> str:
    """Says how far `key` leads into the configuration, and what could have been meant where it ends."""
    node, path = _composed_without(key, overrides), ""
    for part in key.split("."):
        if not isinstance(node, dict):
            return f"'{path}' is a value without options"
        if part not in node:
            return _unknown_option(part, node, path, key)
        node, path = node[part], child(path, part)
    return f"no option '{key}'"


def _unknown_option(name: str, node: dict, path: str, key: str) -> str:
    owner, names = path, [str(option) for option in node]
    if "_target_" in node:
        try:
            target = resolve(node, object, path)
        except ConfigError as error:
            return str(error)
        owner, names = target.__name__, list(options(target))
        if name in names:
            return f"{owner} has this option but the configuration does not set it yet; add it with +{key}=VALUE"
    return f"{f'{owner} has ' if owner else ''}no option '{name}'{suggestion(name, names)}"


def _composed_without(key: str, overrides: Sequence[str]) -> dict | DictConfig:
    """Returns the configuration with the choices of the command line but not its values."""
    choices = [text for text in overrides if (CONFIGS / text.lstrip("+").partition("=")[0]).is_dir()]
    with hydra_ready():
        try:
            return OmegaConf.to_container(compose("config", choices))
        except HydraException:
            return {}
