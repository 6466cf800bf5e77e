"""JSON that every reader takes: it knows neither NaN nor infinity."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np


def dumps(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON, NumPy's numbers as numbers; a number that is not finite becomes null."""
    return json.dumps(_plain(value), indent=indent, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not isfinite(value) else value
