"""Hydra's errors when it cannot compose a configuration, reworded for users."""

import re
from collections.abc import Sequence
from pathlib import Path

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import KeyValidationError, OmegaConfBaseException

from trainer import CONFIGS
from trainer.compose.configure import compose, parse
from trainer.compose.locate import override_of
from trainer.compose.meant import meant
from trainer.compose.own_files import misshapen, unnamed
from trainer.compose.plain import unresolved
from trainer.ground.extras import install_hint
from trainer.ground.overrides import group, parts, unquoted
from trainer.ground.targets import options, resolve
from trainer.ground.values import ConfigError, child, suggestion

LAUNCHERS = (("joblib", "joblib"), ("submitit", "slurm"), ("ray", "ray"))
"""Launchers that come with an extra: how their names begin, and the extra."""

MISSHAPEN = ("Invalid defaults list", "Unsupported item value", "Unsupported type in defaults", "Expected header")
"""How Hydra begins to say that it cannot read a file, without naming it."""

NO_NAMES = (int, float, dict, type(None))  # of choices

ERRORS = (HydraException, OmegaConfBaseException)
"""The errors of composing a configuration, except YAML's about a file."""


SAID = (
    (r"(?:Ambiguous value for argument|Sweep parameters) '(?P<place>.*)'",
     "{place}: several values need --multirun; one list is written KEY=[1,2]"),
    (r"Sweeping over Hydra's configuration is not supported : '(?P<place>.*)'",
     "{place}: Hydra's own options have the same value in all jobs; give one"),
    (r"force-add of config groups is not supported: '(?P<place>\+\+(?P<choice>.+))'",
     "{place}: a choice is written {choice}, without the plus signs"),
    (r"(?P<key>\S+) appears more than once in the final defaults list",
     "{place}: this group has two choices; leave one out"),
    (r"Multiple values for (?P<key>[\w/]+)\.",
     "{place}: a choice is made already; leave out the plus sign to change it"),
    (r"Could not delete '(?P<key>.+)=(?P<value>.+)'\. No match in the defaults list",
     "~{key}={value}: the choice is not '{value}'; write ~{key} to leave out any"),
    (r"Could not delete from config\. The value of '(?P<key>.+)' is (?P<value>.*) and not ",
     "{place}: its value is {value}; write ~{key} to leave it out"),
    (r"Could not append to config\. An item is already at '(?P<key>.+)'",
     "{place}: '{key}' exists already; leave out the plus sign"),
    (r"(?P<key>hydra\.searchpath) must be a list of strings",
     "{place}: is not a list of folders; write {key}=[file://FOLDER], or --config-dir FOLDER"),
    (r"In '(?P<file>[^']+)': Could not override '(?P<name>[^'@]+)",
     "{file}.yaml: defaults: there is no choice '{name}' to override; a file of experiment/ that begins with "
     "'# @package _global_' overrides /GROUP: NAME"),
    (r"Duplicate _self_ defined in (?P<file>\S+)", "{file}.yaml: defaults: _self_ appears twice; leave one out"),
    (r"In (?P<file>\S+): Override .* is defined before", "{file}.yaml: defaults: what overrides comes last; move it"),
    (r"Error resolving interpolation '(?P<name>.*)'",
     "defaults: '{name}' refers to a choice that there is not; name one that is made before"),
    (r"Additional config directory '(?P<folder>.*)' not found", "--config-dir: there is no folder {folder}"),
    (r"Primary config (?:module|directory)", "--config-path: there is no such folder; write --config-dir FOLDER"),
)  # fmt: skip
"""What Hydra says, and what we say instead: `place` is the override that it is about, or else that of `key`."""

VALUES = (
    (r"Value '(.*)' is not a valid bool\b", "'{0}' is not true or false"),
    (r"Value '(.*)' of type '.*' could not be converted to Integer", "'{0}' is not an integer"),
    (r"Cannot merge DictConfig with ListConfig", "is a list where a mapping belongs; write {{NAME: VALUE}}"),
    (r"Cannot merge ListConfig with DictConfig", "is a mapping where a list belongs; write [VALUE, VALUE]"),
    (r"Invalid value '(.*)', expected one of \[(.*)\]", "'{0}' is not one of {1}"),
)
"""The same of values that an option of Hydra's own does not take."""


def explain(error: Exception, overrides: Sequence[str], folders: Sequence[Path]) -> str:
    """Return the line for one of `ERRORS`: where, what, remedy.

    Args:
        error: What was raised.
        overrides: The overrides of the command line.
        folders: With configurations besides ours.
    """
    match error:
        case MissingConfigException():
            return missing_file(error, overrides)
        case OverrideParseException():
            return _no_override(error.override or "")
        case HydraException():
            return composition(error, overrides, folders)
        case OmegaConfBaseException(full_key=str(key)) if key:
            return f"{_place(key, overrides)}: {unresolved(error)}"
    return str(error) or type(error).__name__


def mistake(error: Exception, arguments: Sequence[str], folders: Sequence[Path]) -> ConfigError | None:
    """Return what is wrong with arguments or a file, where Hydra raises another error; None: something else is wrong.

    Args:
        error: A ValueError, or a RecursionError.
        arguments: The arguments of the command line.
        folders: With configurations besides ours.
    """
    message = str(error)
    if (isinstance(error, RecursionError) or message.startswith(MISSHAPEN)) and (line := misshapen(folders)):
        return ConfigError(line)
    if message.startswith("Config group override"):
        if unnamed := next((each for each in arguments if each.startswith("=")), None):
            return ConfigError(_no_override(unnamed))
        chosen = [each for each in arguments if group(each) and parts(each).value]
        place = next((each for each in chosen if isinstance(parse([each])[0].value(), NO_NAMES)), "")
        return ConfigError(": ".join(filter(None, [place, "a choice is written GROUP=NAME; ~GROUP leaves one out"])))
    if message.startswith("The --resolve flag"):
        return ConfigError("--resolve goes with --cfg job")
    if message.startswith("Only one of --run"):
        return ConfigError("--cfg, --info and --multirun exclude each other; give one of them")
    return None


def missing_file(error: MissingConfigException, overrides: Sequence[str]) -> str:
    """Return the line for a choice that does not exist, named by an override or in the defaults of a file."""
    file = error.missing_cfg_file
    if file is None:
        return composition(error, overrides, ())
    group, _, name = file.rpartition("/")
    origin = re.match(r"In '([^']+)'", str(error))
    chosen = next((text for text in overrides if file in _files(text)), None)
    place = f"{chosen}: " if chosen else f"{origin[1]}.yaml: " if origin else ""
    launcher = group == "hydra/launcher" and next((extra for start, extra in LAUNCHERS if name.startswith(start)), "")
    if launcher:
        return f"{place}the launcher is not installed; {install_hint(launcher)}"
    choices = error.options or [file.stem for file in (CONFIGS / group).glob("*.yaml")]
    if not name:
        return f"{place}no choice is named; choose one of: {', '.join(sorted(choices))}"
    return f"{place}no such file configs/{file}.yaml{suggestion(name, sorted(choices))}"


def composition(error: Exception, overrides: Sequence[str], folders: Sequence[Path]) -> str:
    """Return the line for anything else. `folders`: with configurations besides ours."""
    message, cause = str(error) or str(error.__cause__), error.__cause__
    for pattern, words in SAID:
        if found := re.match(pattern, message):
            known = found.groupdict()
            return words.format_map({"place": _place(known.get("key", ""), overrides), **known})
    if found := re.match(r"Could not (override|delete) '(.*)'\. No match in the defaults list", message):
        return _no_choice(found[1], found[2], overrides)
    if found := re.match(r"Could not override '(.+)'\.|Could not delete from config\. '(.+)' does not exist", message):
        key = found[1] or found[2]
        place = _place(key, overrides)
        if (CONFIGS / key).is_dir():
            return f"{place}: a choice is written {key}=NAME, and one of its options {key}.KEY=VALUE"
        inner = str(getattr(cause, "full_key", None) or "")  # of several options that are set together
        return f"{place}: {_unknown_key(inner if inner.startswith(f'{key}.') else key, place, overrides, folders)}"
    if isinstance(cause or error, KeyValidationError) and (line := unnamed(folders)):
        return line
    first = (str(cause).splitlines() or [""])[0] if str(error) and cause else ""
    if found := re.match(r"Error merging override (.*)", message):
        return f"{found[1]}: {_reworded(first, VALUES)}"
    return (message.splitlines() or [type(error).__name__])[0] + (f": {first}" if first else "")


def _no_override(text: str) -> str:
    """Return the line for a text that Hydra does not take for an override."""
    key = parts(text).key
    if key.isascii():
        return f"{text}: not an override; write KEY=VALUE, special characters in quotes"
    if key.startswith("data.columns."):
        return f"{text}: give the column by its number, counted from 1, as in +data.columns.6=ignore"
    return f"{text}: keys have letters from a to z only"


def _no_choice(what: str, name: str, overrides: Sequence[str]) -> str:
    """Return the line for an override of a group from which nothing is chosen, or that does not exist."""
    place = _place(name, overrides)
    if not name or name.startswith("@"):
        return _no_override(place or "~")
    remedy = f"; add the group with +{name}=NAME" if what == "override" else ""
    return f"{place}: nothing is chosen from group '{name}'{remedy}"


def _files(override: str) -> list[str]:
    """Return the files that an override chooses, one or a list, without their suffix."""
    _, key, value = parts(override)
    return [f"{key}/{unquoted(name.strip())}" for name in value.strip("[]").split(",")]


def _reworded(message: str, said: Sequence[tuple[str, str]]) -> str:
    for pattern, words in said:
        if found := re.match(pattern, message):
            return words.format(*found.groups())
    return message


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
    if path == "hydra.launcher":
        return "the jobs run one after the other; choose another launcher first, as with hydra/launcher=joblib"
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
