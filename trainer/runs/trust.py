"""Runs that may come from anybody: their checkpoint is found, and its configuration checked before it is believed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from omegaconf import OmegaConf

from trainer.compose.schema import validate
from trainer.ground.errors import ConfigError, UserError
from trainer.runs.find import find
from trainer.runs.folder import BEST, CHECKPOINTS, LAST

MAX_DEPTH, MAX_VALUES, MAX_LAYERS, MAX_TEXT = 40, 20_000, 10_000, 10_000
MAX_NUMBER = 1 << 53

Error = TypeVar("Error", bound=UserError)


def find_checkpoint(run: Path | str) -> Path:
    """The checkpoint that `run` means: that file itself, or the best, else the last one of the run that `find` gives.

    Raises:
        FileNotFoundError, ConfigError: there is none.
    """
    run = find(run)
    if not run.is_dir():
        if not run.exists():
            raise FileNotFoundError(2, "no such run directory or checkpoint", str(run))
        return run
    for name in (BEST, LAST):
        if (path := run / name).is_file():
            return path
    runs = sorted(path.parent for path in run.glob(f"*/{CHECKPOINTS}"))
    hint = f"give one of the runs in it, such as {runs[0]}" if runs else "give the directory of a run that trained"
    raise ConfigError(f"{run}: has no {LAST}; {hint}")


def checked_config(saved: dict[str, Any], allow: Sequence[str], origin: object) -> dict[str, Any]:
    """A configuration read from a file, as `trainer.compose.schema.validate` returns it.

    Arguments:
        saved: what the file holds; its own `allow` counts for nothing.
        allow: the packages that the user trusts now.
        origin: the file, for errors.

    Raises:
        ConfigError: it is not one of ours, or of a size that could only do harm.
    """
    try:
        _bound(saved)
        layers = _count_layers(saved.get("model"))
        _require(layers <= MAX_LAYERS, f"model: {layers} layers are more than the {MAX_LAYERS} that are read")
        overrides = ["allow="] if allow else []
        return validate(OmegaConf.create(saved | {"allow": list(allow)}), overrides)
    except ConfigError as error:
        raise located(error, origin) from None
    except Exception as error:  # whatever else a strange configuration provokes
        raise ConfigError(f"{origin}: its configuration cannot be read: {error}") from error


def located(error: Error, origin: object) -> Error:
    """`error` with the file as its place: the key stands in the configuration saved there, not in ours."""
    error.place = f"{origin}: {error.key}" if error.key else str(origin)
    return error


def _bound(saved: Any) -> None:
    """Refuse what is too deep, too large, or more than plain values. (A `${...}` could read environment variables.)"""
    left = [(saved, 0)]
    count = 0
    while left:
        value, depth = left.pop()
        count += 1
        _require(depth <= MAX_DEPTH and count <= MAX_VALUES, "its configuration is too large")
        if isinstance(value, dict):
            _require(all(isinstance(key, str) for key in value), "its configuration has keys that are no names")
            left += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, list):
            left += [(item, depth + 1) for item in value]
        elif isinstance(value, str):
            _require(len(value) <= MAX_TEXT, "its configuration holds a text that is too long")
            _require("${" not in value, "its configuration holds ${...} where only plain values may stand")
        elif isinstance(value, int):
            _require(abs(value) <= MAX_NUMBER, "its configuration holds an integer of more than 53 bits")


def _count_layers(declared: Any) -> int:
    """How many layers unfold from a declaration, at most: `models.Repeat` multiplies them."""
    if not isinstance(declared, dict):
        return 0
    times = declared.get("times")
    inner = sum(map(_count_layers, declared.values()))
    return (("_target_" in declared) + inner) * (max(1, times) if isinstance(times, int) else 1)


def _require(fits: bool, problem: str) -> None:
    if not fits:
        raise ConfigError(problem)
