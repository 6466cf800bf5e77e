"""Checks the composed configuration against its schema."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, get_type_hints

from omegaconf import DictConfig

from trainer.compose.completed import as_plain, with_class_weights, with_outputs
from trainer.compose.meant import unknown
from trainer.ground.options import out_of_range
from trainer.ground.overrides import last
from trainer.ground.values import ConfigError, check
from trainer.training.limit import check_limit

__all__ = ["Config", "ConfigError", "validate"]


@dataclass
class Config:
    """The top level. Hydra's `+` and `++` bypass Hydra's own schemas, so every job is checked against this one."""

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
    start_from: str | None = None
    freeze: tuple[str, ...] = ()
    callbacks: dict[str, Any] = field(default_factory=dict)
    fold: str | None = None
    metrics: tuple[str, ...] = ()
    objective: str = "auto"
    parallel: dict[str, Any] = field(default_factory=lambda: {"_target_": "trainer.parallel.Processes"})
    resume: str | None = None
    allow: tuple[str, ...] = ()


WITHOUT_MODEL = ("preview",)
"""Tasks that leave the model aside, so that it need not fit the data."""

RANGES = {
    "epochs": "[1, inf)",
    "batch_size": "[1, inf)",
    "seed": "[0, inf)",
    "accumulate": "[1, inf)",
    "clip_norm": "(0, inf)",
    "validation": "[0, 1)",
}


def validate(composed: DictConfig | Mapping[str, Any], overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Return the configuration as plain dictionaries, interpolations resolved, every top-level value checked.

    Args:
        composed: What Hydra composed, without its own `hydra` node; or plain values that were read from a file, which
            are taken literally, even where they look like interpolations.
        overrides: The overrides of the command line; `allow` counts only when it is among them.

    Raises:
        ConfigError: Unknown or missing key, wrong type, value out of range.
    """
    config = as_plain(composed, overrides)
    annotations = get_type_hints(Config)
    for key in config:
        if key not in annotations:
            raise unknown(key, config, annotations, overrides)
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
    if config["allow"] and last("allow", overrides) is None:
        raise ConfigError("packages can be allowed on the command line only, not by a file", "allow")
    if config["task"] not in WITHOUT_MODEL:
        with_outputs(config, config["allow"])
    check_limit(config["limit"])
    for key, interval in RANGES.items():
        if config[key] is not None and (fault := out_of_range(config[key], interval)):
            raise ConfigError(fault + ("; null does not clip" if key == "clip_norm" else ""), key)
    with_class_weights(config, config["allow"])
    return config
