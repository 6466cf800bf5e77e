"""The composed configuration against its schema."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, get_type_hints

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from trainer.compose.completed import completed, with_outputs
from trainer.compose.meant import meant
from trainer.compose.own_files import no_name
from trainer.ground.overrides import last, parts
from trainer.ground.values import ConfigError, check, child, nearest
from trainer.training.limit import check_limit

__all__ = ["Config", "ConfigError", "validate"]


@dataclass
class Config:
    """The top level. Hydra's `+` and `++` pass by every schema of its own, so the job checks against this one again."""

    model: dict[str, Any]
    data: dict[str, Any]
    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    loss: dict[str, Any]
    task: Literal["train", "summary", "gradcheck", "graph", "profile", "preview"]
    epochs: int
    batch_size: int
    seed: int
    validation: float
    precision: Literal["float32", "float64"]
    fuse: bool
    limit: dict[str, Any] = field(default_factory=dict)
    accumulate: int = 1
    drop_last: bool = False
    clip_norm: float | None = None
    callbacks: dict[str, Any] = field(default_factory=dict)
    objective: str = "best_val_accuracy"
    parallel: dict[str, Any] = field(default_factory=lambda: {"_target_": "trainer.parallel.Processes"})
    resume: str | None = None
    allow: tuple[str, ...] = ()


GLOBAL = ("experiment", "debug", "search", "local")
"""Groups whose files set options of other groups."""

WITHOUT_MODEL = ("preview",)
"""Tasks that leave the model aside, so that it need not fit the data."""

LIMITS = {
    "epochs": (lambda value: value >= 1, "must be at least 1"),
    "batch_size": (lambda value: value >= 1, "must be at least 1"),
    "seed": (lambda value: value >= 0, "must not be negative"),
    "accumulate": (lambda value: value >= 1, "must be at least 1"),
    "clip_norm": (lambda value: value is None or value > 0, "is not positive; null does not clip"),
    "validation": (lambda value: 0 <= value < 1, "is not in [0, 1)"),
}


def validate(composed: DictConfig, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Return the configuration as plain dictionaries, interpolations resolved, every top-level value checked.

    Args:
        composed: what Hydra composed, without its own `hydra` node.
        overrides: the overrides of the command line; `allow` counts only when it is among them.

    Raises:
        ConfigError: unknown or missing key, wrong type, value out of range.
    """
    composed, data = completed(composed, overrides)
    config = _plain(composed)
    if data is not None:
        config["data"] = data
    annotations = get_type_hints(Config)
    for key in config:
        if key not in annotations:
            raise _unknown(key, config, annotations, overrides)
    for entry in fields(Config):
        if entry.name in config:
            config[entry.name] = check(config[entry.name], annotations[entry.name], entry.name)
        elif entry.default is not MISSING:
            config[entry.name] = entry.default
        elif entry.default_factory is not MISSING:
            config[entry.name] = entry.default_factory()
        else:
            raise ConfigError(f"it is missing; set it with {entry.name}=...", entry.name)
    check(config["model"].get("layers", {}), dict[str, Any], "model.layers")
    if config["task"] not in WITHOUT_MODEL:
        with_outputs(config, () if last("allow", overrides) is None else tuple(config["allow"]))
    check_limit(config["limit"])
    for key, (fits, message) in LIMITS.items():
        if not fits(config[key]):
            raise ConfigError(f"{config[key]} {message}", key)
    if config["allow"] and last("allow", overrides) is None:
        raise ConfigError("packages can be allowed on the command line only, not by a file", "allow")
    return config


def _unknown(key: Any, config: dict[str, Any], known: Iterable[str], overrides: Sequence[str]) -> ConfigError:
    """Return the mistake of a key at the top that does not exist."""
    if key in GLOBAL and not any(parts(override).key.startswith(f"{key}.") for override in overrides):
        return ConfigError("make '# @package _global_' the first line of this file, since it sets other options", key)
    full, value = str(key), config[key]
    while isinstance(value, dict) and len(value) == 1:
        (name, value), = value.items()
        full = child(full, name)
    there = {name: config.get(name) for name in known}
    return ConfigError(f"no option '{key}'{meant(full, there)}", str(key))


def _check_names(node: Any, key: str = "") -> None:
    """Names are text, as everywhere where a configuration is saved. Raises ConfigError."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in pairs:
        if isinstance(node, dict) and not isinstance(name, str):
            raise ConfigError(no_name(name), child(key, name))
        _check_names(value, child(key, name))


def _plain(composed: DictConfig) -> dict[str, Any]:
    try:
        plain = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
        _check_names(plain)
        return plain
    except OmegaConfBaseException as error:
        if isinstance(error, MissingMandatoryValue):
            raise ConfigError(f"it has no value yet; set it with {error.full_key}=VALUE", error.full_key) from error
        if lacking := _lacking(composed, error):
            raise lacking from error
        message = str(error.msg or error).splitlines()[0]
        raise ConfigError(message, error.full_key or "") from error


def _lacking(composed: DictConfig, error: OmegaConfBaseException) -> ConfigError | None:
    """Return the mistake of a group that lacks what another takes from it by ${group.option}; else None."""
    written: Any = OmegaConf.to_container(composed)
    for part in (error.full_key or "").split("."):
        written = written.get(part) if isinstance(written, dict) else None
    wanted = re.search(r"\$\{(\w+)\.(\w+)\}", str(written))
    group = composed.get(wanted[1]) if wanted else None
    if wanted is None or not isinstance(group, DictConfig) or wanted[2] in group or nearest(wanted[2], map(str, group)):
        return None
    key = f"{wanted[1]}.{wanted[2]}"
    return ConfigError(f"it has no {wanted[2]}, which {error.full_key} needs; add it, as with +{key}=VALUE", key)
