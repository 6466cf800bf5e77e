"""What Hydra says when it cannot compose a configuration, in words for users."""

import re
from collections.abc import Sequence
from pathlib import Path

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import KeyValidationError, OmegaConfBaseException

from trainer import CONFIGS
from trainer.compose.configure import compose
from trainer.compose.locate import override_of
from trainer.compose.meant import meant
from trainer.compose.own_files import unnamed
from trainer.compose.targets import options, resolve
from trainer.ground.extras import install_hint
from trainer.ground.overrides import group, parts, unquoted
from trainer.ground.values import ConfigError, child, suggestion

LAUNCHERS = (("joblib", "joblib"), ("submitit", "slurm"), ("ray", "ray"))
"""Launchers that come with an extra: how their names begin, and the extra."""


ERRORS = (HydraException, OmegaConfBaseException)
"""The errors of composing a configuration, except YAML's about a file."""


def explain(error: Exception, overrides: Sequence[str], folders: Sequence[Path]) -> str:
    """Return the line for one of `ERRORS`: where, what, remedy.

    Args:
        error: What was raised.
        overrides: Of the command line.
        folders: With configurations besides ours.
    """
    match error:
        case MissingConfigException():
            return missing_file(error, overrides)
        case OverrideParseException():
            return f"{error.override}: {_unreadable(error.override or '')}"
        case HydraException():
            return composition(error, overrides, folders)
    return str(error) or type(error).__name__


def _unreadable(override: str) -> str:
    """Return what to write instead of a text that Hydra does not take for an override."""
    key = parts(override).key
    if key.isascii():
        return "not an override; write KEY=VALUE, special characters in quotes"
    if key.startswith("data.columns."):
        return "give the column by its number, counted from 1, as in +data.columns.6=ignore"
    return "keys have letters from a to z only"


def missing_file(error: MissingConfigException, overrides: Sequence[str]) -> str:
    """Return the line for a choice that does not exist, named by an override or in the defaults of a file."""
    if error.missing_cfg_file is None:
        return str(error)
    group, _, name = error.missing_cfg_file.rpartition("/")
    origin = re.match(r"In '([^']+)'", str(error))
    chosen = next((text for text in overrides if (parts(text).key, unquoted(parts(text).value)) == (group, name)), None)
    place = f"{chosen}: " if chosen else f"{origin[1]}.yaml: " if origin else ""
    launcher = group == "hydra/launcher" and next((extra for start, extra in LAUNCHERS if name.startswith(start)), "")
    if launcher:
        return f"{place}the launcher is not installed; {install_hint(launcher)}"
    choices = error.options or [file.stem for file in (CONFIGS / group).glob("*.yaml")]
    return f"{place}no such file configs/{error.missing_cfg_file}.yaml{suggestion(name, sorted(choices))}"


def composition(error: Exception, overrides: Sequence[str], folders: Sequence[Path]) -> str:
    """Return the line for anything else. `folders`: with configurations besides ours."""
    message = str(error) or str(error.__cause__)
    if found := re.match(r"(?:Ambiguous value for argument|Sweep parameters) '(.*)'", message):
        return f"{found[1]}: several values need --multirun; one list is written KEY=[1,2]"
    if found := re.match(r"Multiple values for ([\w/]+)\.", message):
        return f"{_place(found[1], overrides)}: a choice is made already; leave out the plus sign to change it"
    if found := re.match(r"Could not delete '(.+)=(.+)'\. No match in the defaults list", message):
        return f"~{found[1]}={found[2]}: the choice is not '{found[2]}'; write ~{found[1]} to leave out any"
    if found := re.match(r"Could not (override|delete) '(.+)'\. No match in the defaults list", message):
        remedy = f"; add the group with +{found[2]}=NAME" if found[1] == "override" else ""
        return f"{_place(found[2], overrides)}: nothing is chosen from group '{found[2]}'{remedy}"
    if found := re.match(r"Could not append to config\. An item is already at '(.+)'", message):
        return f"{_place(found[1], overrides)}: '{found[1]}' exists already; leave out the plus sign"
    if found := re.match(r"Could not override '(.+)'\.|Could not delete from config\. '(.+)' does not exist", message):
        key = found[1] or found[2]
        place = _place(key, overrides)
        if (CONFIGS / key).is_dir():
            return f"{place}: a choice is written {key}=NAME, and one of its options {key}.KEY=VALUE"
        return f"{place}: {_unknown_key(key, place, overrides, folders)}"
    if isinstance(error.__cause__ or error, KeyValidationError) and (line := unnamed(folders)):
        return line
    cause = f": {error.__cause__}" if str(error) and error.__cause__ else ""
    return (message.splitlines() or [type(error).__name__])[0] + cause.partition("\n")[0]


def _place(key: str, overrides: Sequence[str]) -> str:
    return override_of(key, overrides) or key


def _unknown_key(key: str, place: str, overrides: Sequence[str], folders: Sequence[Path]) -> str:
    """Return how far `key` leads into the configuration, and what may have been meant where it ends."""
    node, path = _composed_without(overrides, folders), ""
    for part in key.split("."):
        if not isinstance(node, dict):
            return f"'{path}' is a value without options"
        if part not in node:
            return _unknown_option(part, node, path, key, place)
        node, path = node[part], child(path, part)
    return f"no option '{key}'"


def _unknown_option(name: str, node: dict, path: str, key: str, override: str) -> str:
    """Return what is wrong with `key`: the `node` at `path` lacks its part `name`."""
    if not node.get("_target_"):
        hint = meant(key.removeprefix(f"{path}."), node, path)
        if path and parts(override).value.startswith("{"):  # a layer, a callback, ...
            hint = f"; add it with +{override}" + (f", or{hint[1:]}" if hint.endswith("?") else "")
        return f"{f'{path} has ' if path else ''}no option '{name}'{hint}"
    try:
        target = resolve(node, object, path)
    except ConfigError as error:
        return error.message
    names = list(options(target))
    if name in names:
        return f"{target.__name__} has this option but the configuration does not set it yet; add it with +{key}=VALUE"
    return f"{target.__name__} has no option '{name}'{suggestion(name, names)}"


def _composed_without(overrides: Sequence[str], folders: Sequence[Path]) -> dict:
    """Return the configuration with the choices of the command line but not its values."""
    choices = [text for text in overrides if group(text)]
    try:
        return OmegaConf.to_container(compose(choices, folders))
    except HydraException:
        return {}
