"""What a user may have meant by a key that does not exist."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from trainer.ground.errors import ConfigError
from trainer.ground.overrides import parts
from trainer.ground.values import child, suggestion

SYNONYMS = {
    "learning_rate": "lr",
    "dropout": "p",
    "dropout_rate": "p",
    "l2": "weight_decay",
    "wd": "weight_decay",
    "num_epochs": "epochs",
    "max_epochs": "epochs",
    "batchsize": "batch_size",
    "bs": "batch_size",
    "num_workers": "workers",
    "n_jobs": "workers",
    "random_state": "seed",
    "gradient_clip": "clip_norm",
    "max_norm": "clip_norm",
    "scheduler": "schedule",
    "dataset": "data",
    "criterion": "loss",
}
"""Other common names of options, each with the name that it has here."""

MOST = 3  # keys to suggest

GLOBAL = ("experiment", "debug", "search", "local")
"""Groups whose files set options of other groups."""


def unknown(key: Any, config: Mapping[str, Any], known: Iterable[str], overrides: Sequence[str]) -> ConfigError:
    """Return the error for a top-level key that does not exist.

    Args:
        key: As it was written.
        config: The whole configuration.
        known: The keys that exist at the top.
        overrides: The overrides of the command line.
    """
    if key in GLOBAL and not any(parts(override).key.startswith(f"{key}.") for override in overrides):
        return ConfigError("make '# @package _global_' the first line of this file, since it sets other options", key)
    full, value = str(key), config[key]
    while isinstance(value, dict) and len(value) == 1:
        ((name, value),) = value.items()
        full = child(full, name)
    there = {name: config.get(name) for name in known}
    return ConfigError(f"no option '{key}'{meant(full, there)}", str(key))


def meant(key: str, config: Mapping[str, Any], place: str = "") -> str:
    """Return the end of an error's line for an unknown dotted key: "; did you mean 'optimizer.lr'?".

    Suggests keys that end with it, or with its name here; else names similar to its first part.

    Args:
        key: The part that the configuration does not have.
        config: The mapping that lacks it; its names are free, not options of a class.
        place: The key of `config` itself.
    """
    first, _, rest = key.partition(".")
    for ending in (key, child(SYNONYMS.get(first, first), rest).rstrip(".")):
        if found := [known for known in _keys(config, place) if f".{known}".endswith(f".{ending}")]:
            return f"; did you mean {' or '.join(map(repr, found[:MOST]))}?"
    return suggestion(first, [str(name) for name in config if name != "hydra"])


def _keys(node: Mapping[str, Any], place: str) -> Iterator[str]:
    """Yield every key in a configuration except Hydra's own."""
    for name, value in node.items():
        key = child(place, name)
        if key != "hydra" and name != "_target_":
            yield key
            if isinstance(value, Mapping):
                yield from _keys(value, key)
