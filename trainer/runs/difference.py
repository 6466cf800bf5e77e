"""How two runs differ: in settings, figures, and the bits of their tensors."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.runs.catalog import Entry
from trainer.runs.checkpoint import SLOTS

TIMES = ("seconds", "samples_per_second")  # columns of metrics.csv that equal runs need not share
RESUMED = "resume"  # the key under which a run keeps what it resumed from
Tensors = Mapping[str, np.ndarray]


def settings(entries: Sequence[Entry]) -> list[list[str]]:
    """Return a row for each setting that is not the same in all runs: its key, and its value in each; "" for none.

    Whether a run was resumed does not count.
    """
    keys = dict.fromkeys(key for entry in entries for key in entry.settings if key != RESUMED)
    rows = [[key, *(text(entry.settings[key]) if key in entry.settings else "" for entry in entries)] for key in keys]
    return [row for row in rows if len({*row[1:]}) > 1]


def digest(tensors: Tensors) -> str:
    """Return the SHA-256 of names, types, shapes and bits of all tensors, in the order of their names."""
    found = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        found.update(f"{name}\0{tensor.dtype.str}\0{tensor.shape}\0".encode())
        found.update(np.ascontiguousarray(tensor).tobytes())
    return found.hexdigest()


@dataclass(frozen=True)
class Difference:
    """The first tensor in which two sets differ.

    Attributes:
        name: The name of the tensor.
        what: How it differs, in words.
        tensors: How many differ, of all.
    """

    name: str
    what: str
    tensors: tuple[int, int]


def first_difference(one: Tensors, other: Tensors) -> Difference | None:
    """Return where two sets of tensors first differ, in the order of the first set; None if all bits are equal."""
    names = [*one, *(name for name in other if name not in one)]
    differing = [name for name in names if not _equal(one.get(name), other.get(name))]
    if not differing:
        return None
    name = differing[0]
    return Difference(name, _difference(one.get(name), other.get(name)), (len(differing), len(names)))


def distance(one: Tensors, other: Tensors) -> float | None:
    """Return ‖a - b‖ / ‖a‖ over all the weights a, b of two runs; None: the networks are not the same.

    The optimizer's slots do not count.
    """
    names = [name for name in one if not name.startswith(SLOTS)]
    if {*names} != {name for name in other if not name.startswith(SLOTS)}:
        return None
    if any(one[name].shape != other[name].shape for name in names):
        return None
    between = sum(float(np.square(one[name].astype(float) - other[name]).sum()) for name in names)
    size = sum(float(np.square(one[name].astype(float)).sum()) for name in names)
    return float(np.sqrt(between / size)) if size else None


def first_row(one: Sequence[Mapping[str, float]], other: Sequence[Mapping[str, float]]) -> str | None:
    """Return where the figures of two runs first differ, in words; times do not count. None: nowhere."""
    for number in range(max(len(one), len(other))):
        if number >= min(len(one), len(other)):
            return f"{len(one)} epochs against {len(other)}"
        for name in {**one[number], **other[number]}:
            figures = one[number].get(name), other[number].get(name)
            if name not in TIMES and figures[0] != figures[1]:
                return f"epoch {one[number]['epoch']:.0f}: {name} {figures[0]!r} against {figures[1]!r}"
    return None


def _equal(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return False
    return (one.shape, one.dtype) == (other.shape, other.dtype) and one.tobytes() == other.tobytes()


def _difference(one: np.ndarray | None, other: np.ndarray | None) -> str:
    if one is None or other is None:
        return f"is only in the {'second' if one is None else 'first'}"
    if (one.shape, one.dtype) != (other.shape, other.dtype):
        return f"{one.dtype}{list(one.shape)} against {other.dtype}{list(other.shape)}"
    unequal = one.view(f"u{one.itemsize}") != other.view(f"u{other.itemsize}")
    place = tuple(int(index) for index in np.argwhere(unequal)[0])
    largest = np.abs(one.astype(float) - other).max()
    values = f"{one[place]!s} against {other[place]!s}"
    return f"{list(place)}: {values}; {unequal.sum():,} of {one.size:,} values differ, by {largest:.2g} at most"


def text(value: Any) -> str:
    """Return a value of a configuration as one writes it on a command line."""
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
