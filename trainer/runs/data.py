"""Identifies the data of a run by their content, wherever their files are."""

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trainer import datasets
from trainer.datasets.source import Subset
from trainer.ground.targets import options, resolve
from trainer.ground.values import ConfigError

MOST_BYTES = 1 << 24  # of a split's inputs that are hashed, evenly spread


def places(config: Mapping[str, Any]) -> list[str]:
    """Return the names of the data's options that are paths: those that the class of the data set annotates so."""
    spec = config["data"]
    try:
        accepted = options(resolve(spec, datasets.Dataset, "data", tuple(config.get("allow") or ())))
    except ConfigError:  # of a package that is not trusted now; reported elsewhere
        return []
    return [name for name in spec if name in accepted and "Path" in str(accepted[name].annotation)]


def absolute(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with absolute paths to the data: a run may be resumed from another folder."""
    spec = config["data"]
    found = {name: str(Path(spec[name]).expanduser().absolute()) for name in places(config) if spec[name] is not None}
    return config | {"data": spec | found}


def without_places(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration without the paths to the data."""
    return {**config, "data": config["data"] | dict.fromkeys(places(config))}


def changed(known: str | None, splits: datasets.Splits) -> str:
    """Return a remark if examples are not those of the run, whose hash is `known`; empty if they are, or if it is None.

    If rows were added or removed, all rows are divided again.
    """
    if known in (None, content(splits)):
        return ""
    return "the data have changed since the run, which may have learned from examples that are now in the test"


def content(splits: datasets.Splits) -> str:
    """Return a hash of the examples of all splits: shapes, types, targets, and up to `MOST_BYTES` of inputs each."""
    found = hashlib.sha256()
    for part in (splits.train, splits.validation, splits.test):
        for name, field in part.fields.items():
            size = max(1, np.dtype(field.dtype).itemsize * math.prod(field.shape))
            count = len(part) if name == datasets.TARGET else min(len(part), max(1, MOST_BYTES // size))
            spread = np.linspace(0, max(0, len(part) - 1), count).astype(np.int64)
            found.update(f"{name} {len(part)} {field.dtype} {field.shape}".encode())
            for chunk in Subset(part, spread).chunks(name):
                found.update(np.ascontiguousarray(chunk).data)
    return found.hexdigest()
