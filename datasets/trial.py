"""Tries out a user-defined data set, so that a mistake is one line before training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.examples import KINDS, Examples
from trainer.datasets.order import batches
from trainer.datasets.source import CHUNK, TARGET, WEIGHT, Field, Source, Subset

PARTS = ("train", "validation", "test")
TRIED = 3  # examples of a part that are read for trial
CHECKED_BYTES = 1 << 24  # of an array in memory at a time


def check_parts(name: str, found: Any, parts: type) -> None:
    """Raise DataError unless `Dataset.read` has returned two sources, or all three as `parts`."""
    several = isinstance(found, parts) or (isinstance(found, tuple) and len(found) == 2)
    if not several or not all(isinstance(part, Source) for part in _listed(found)):
        what = f"({', '.join(map(_kind, found))})" if isinstance(found, tuple) else _kind(found)
        raise DataError(
            f"{name}: its read returns {what}; return training and test examples, each a Source such as Examples, or "
            "Splits of all three"
        )


def try_parts(name: str, found: Any, inputs: Mapping[str, Field], num_classes: int | None) -> None:
    """Read some examples of each part, all targets, and all floats in memory.

    Args:
        name: The name of the data set.
        found: What `check_parts` has passed.
        inputs: A field for each input, as the network takes them.
        num_classes: Where the targets are labels of classes; None: they may be anything.

    Raises:
        DataError: Naming the part, the example and the remedy.
    """
    listed = _listed(found)
    for part, source in zip(PARTS if len(listed) == 3 else ("train", "test"), listed, strict=True):
        place = f"{name}: {part}"
        _check_length(place, source, part)
        _check_types(place, source, inputs)
        if len(source):
            if not isinstance(_whole(source), Examples):
                _try(place, source)
            _check_values(place, source, num_classes)


def _listed(found: Any) -> list[Any]:
    return list(found) if isinstance(found, tuple) else [getattr(found, part) for part in PARTS]


def _check_length(place: str, source: Source, part: str) -> None:
    if part == "train" and not len(source):
        raise DataError(f"{place} has no examples; fix its read, or the __len__ of {_kind(source)}")


def _check_types(place: str, source: Source, inputs: Mapping[str, Field]) -> None:
    for name, field in source.fields.items():
        dtype = np.dtype(field.dtype)
        if dtype.kind not in KINDS:
            raise DataError(f"{place}: its {name} is of type {dtype}; give numbers")
        if name in inputs and inputs[name].is_integer and dtype.kind == "f":
            raise DataError(f"{place}: its {name} is {dtype}, not {inputs[name].dtype} as the data set says; give that")


def _try(place: str, source: Source) -> None:
    """Read some examples twice, into arrays that hold different values before."""
    count = len(source)
    indices = np.unique(np.linspace(0, count - 1, TRIED).astype(np.int64))[::-1].copy()
    try:
        source.read(indices, {TARGET: source.fields[TARGET].empty(len(indices))}, None)
    except KeyError as error:
        if error.args[0] in source.fields:
            raise DataError(
                f"{place}: its read takes out['{error.args[0]}'] where only the target is wanted; ask first, "
                f"if '{error.args[0]}' in out"
            ) from error
        raise
    fills = [_filled(source, len(indices), which) for which in (0, 1)]
    reads = [{name: array.copy() for name, array in fill.items()} for fill in fills]
    for out in reads:
        source.read(indices, out, None)
    for name in source.fields:
        one, other = (read[name].reshape(len(indices), -1) for read in reads)
        before = [fill[name].reshape(one.shape) for fill in fills]
        left, differ = _same(one, before[0]) & _same(other, before[1]), ~_same(one, other)
        if left.any() or differ.any():
            wrong = left if left.any() else differ
            problem = f"gives another {name} when it is read again; draw at random from `draw` alone, where it is given"
            if left.any():
                problem = f"does not fill its {name}; write to out['{name}'][...], what read returns is not used"
            raise DataError(f"{place} example {indices[wrong.any(axis=1)].min()}: its read {problem}")
        _check_finite(place, name, reads[0][name], indices)


def _filled(source: Source, count: int, which: int) -> dict[str, np.ndarray]:
    arrays = {name: field.empty(count) for name, field in source.fields.items()}
    for array in arrays.values():
        array[...] = {"f": (np.nan, -12345.0), "b": (True, False)}.get(array.dtype.kind, (113, 114))[which]
    return arrays


def _same(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one == other) | ((one != one) & (other != other))


def _check_values(place: str, source: Source, num_classes: int | None) -> None:
    """Check all targets, and all floats that are in memory."""
    whole = _whole(source)
    arrays = whole.arrays if isinstance(whole, Examples) else {}
    floats = [name for name, a in arrays.items() if a.dtype.kind == "f" and not isinstance(a, np.memmap)]
    for name, field in source.fields.items():
        if name == WEIGHT or name not in (TARGET, *floats):  # weights are checked elsewhere
            continue
        for indices in batches(len(source), min(CHUNK, max(1, CHECKED_BYTES // max(1, field.nbytes)))):
            values = field.empty(len(indices))
            source.read(indices, {name: values}, None)
            _check_finite(place, name, values, indices)
            if name == TARGET and num_classes is not None and field.shape == () and values.dtype.kind in "iu":
                wrong = np.flatnonzero((values < 0) | (values >= num_classes))
                if len(wrong):
                    raise DataError(
                        f"{place} example {indices[wrong[0]]}: the label {values[wrong[0]]} is outside "
                        f"0..{num_classes - 1}; fix it, or set data.num_classes"
                    )


def _check_finite(place: str, name: str, values: np.ndarray, indices: np.ndarray) -> None:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        wrong = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
        raise DataError(f"{place} example {indices[wrong].min()}: its {name} is not finite; fix it or leave it out")


def _whole(source: Source) -> Source:
    return source.source if isinstance(source, Subset) else source


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
