"""Composed configurations as plain dictionaries and lists."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, read_write
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from trainer.compose.own_files import no_name
from trainer.ground.values import ConfigError, child, nearest

UNRESOLVED = (
    (r"Interpolation key '(.*)' not found", "it refers to '{0}', which does not exist; name a key that does"),
    (r"KeyError raised .*Environment variable '(.*)' not found",
     "the environment variable {0} is not set; set it, or give another value: ${{oc.env:{0},VALUE}}"),
    (r"Unsupported interpolation type (.*)",
     "there is no '{0}:' to take a value from; ${{...}} holds a key of the configuration, or oc.env:NAME"),
    (r"Recursive interpolation", "it refers to itself"),
    (r"\w+ raised while resolving interpolation: (.*)", "it cannot be resolved: {0}"),
)  # fmt: skip
"""OmegaConf's messages about values that refer to others, and ours."""

CLASS_WEIGHTS = "loss.class_weights"


def plain(composed: DictConfig) -> dict[str, Any]:
    """Return a configuration as plain values, its interpolations resolved.

    Raises:
        ConfigError: A value is missing or cannot be resolved, or a name is not text.
    """
    try:
        values: Any = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    except MissingMandatoryValue as error:
        raise ConfigError(f"it has no value yet; set it with {error.full_key}=VALUE", error.full_key or "") from error
    except OmegaConfBaseException as error:
        if lacking := _lacking(composed, error):
            raise lacking from error
        raise ConfigError(unresolved(error), error.full_key or "") from error
    _check_names(values)
    return values


def as_written(node: Any) -> Any:
    """Return a part of a configuration as plain values, with its interpolations unresolved."""
    return OmegaConf.to_container(node)


def resolved(node: Any) -> Any:
    """Return a part of a configuration as plain values, with its interpolations resolved; values may be missing."""
    return OmegaConf.to_container(node, resolve=True)


def as_yaml(content: Any) -> str:
    """Return a configuration, or plain values, as the text of a file, with interpolations unresolved."""
    return OmegaConf.to_yaml(content if OmegaConf.is_config(content) else OmegaConf.create(content))


def with_values(spec: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Return plain values with some replaced, each as KEY=VALUE says."""
    changed: Any = as_written(OmegaConf.merge(dict(spec), OmegaConf.from_dotlist(list(overrides))))
    return changed


def with_directory(node: DictConfig, directory: Path) -> None:
    """Set the directory of `hydra.run` or `hydra.sweep` in a configuration, although Hydra makes them read-only."""
    with read_write(node):
        node.dir = str(directory)


def unresolved(error: OmegaConfBaseException) -> str:
    """Return what is wrong with a value that cannot be found out, and the remedy."""
    message = str(error.msg or error).splitlines()[0]
    for pattern, words in UNRESOLVED:
        if found := re.match(pattern, message):
            return words.format(*found.groups())
    return message


def _check_names(node: Any, key: str = "") -> None:
    """Names are text, as everywhere where a configuration is saved, but classes may be numbers. Raises ConfigError."""
    if key == CLASS_WEIGHTS:
        return
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in pairs:
        if isinstance(node, dict) and not isinstance(name, str):
            raise ConfigError(no_name(name), child(key, name))
        _check_names(value, child(key, name))


def _lacking(composed: DictConfig, error: OmegaConfBaseException) -> ConfigError | None:
    """Return the error for a group that lacks an option which another refers to by ${group.option}; else None."""
    written: Any = OmegaConf.to_container(composed)
    for part in (error.full_key or "").split("."):
        written = written.get(part) if isinstance(written, dict) else None
    wanted = re.search(r"\$\{(\w+)\.(\w+)\}", str(written))
    group = composed.get(wanted[1]) if wanted else None
    if wanted is None or not isinstance(group, DictConfig) or wanted[2] in group or nearest(wanted[2], map(str, group)):
        return None
    key = f"{wanted[1]}.{wanted[2]}"
    problem = f"it has no {wanted[2]}, which {error.full_key} needs"
    return ConfigError(f"{problem}; choose a {wanted[1]}=NAME that has it, or add +{key}=VALUE", key)
