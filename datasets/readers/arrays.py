"""Inputs and targets in files of NumPy arrays, under any of their usual names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.examples import KINDS, Examples
from trainer.datasets.readers.archive import MAX_BYTES, Header, map_array, read_arrays, read_headers
from trainer.datasets.source import INPUT, TARGET

NAMES = {
    "train": [("inputs", "targets"), ("x_train", "y_train")],
    "validation": [("x_val", "y_val")],
    "test": [("x_test", "y_test")],
}
"""What the arrays of each split may be called."""

LARGEST = np.finfo(np.float32).max  # of a value, since networks compute in float32

ROWS = 1 << 16  # of targets that are looked at together
LARGE = 10.0  # values beyond it are learned slowly unless they are standardised
MOST_WHOLE = 100  # different whole numbers that may be meant as classes


@dataclass(frozen=True)
class File:
    """An array in an .npz, which is read into memory, or in an .npy, which is mapped."""

    path: Path
    name: str
    header: Header

    def __str__(self) -> str:
        return f"{self.path}: {self.name}" if self.path.suffix != ".npy" else str(self.path)

    @property
    def mapped(self) -> bool:
        return self.path.suffix == ".npy"

    def array(self, shape: tuple[int, ...] | None = None) -> np.ndarray:
        """Return the array, as (N, *shape) if a shape is given. Raises DataError."""
        whole = None if shape is None else (self.header.shape[0], *shape)
        if self.mapped:
            return map_array(self.path, whole)
        array = read_arrays(self.path, [self.name])[self.name]
        return array if whole is None else array.reshape(whole)


def find_arrays(
    file: Path | None = None, inputs: Path | None = None, targets: Path | None = None
) -> dict[str, tuple[File, File]]:
    """Return the inputs and targets of every split in the files.

    Args:
        file: An .npz, or a folder of .npy files, with arrays of the names in NAMES.
        inputs, targets: Two .npy files instead.

    Raises:
        DataError: Something is missing or of the wrong kind; says what and where.
    """
    if file is not None:
        return _named(file)
    assert inputs is not None
    assert targets is not None
    return {"train": _checked(_single(inputs), _single(targets))}


def _single(path: Path) -> File:
    found = read_headers(path)
    if len(found) != 1:
        raise DataError(f"{path}: holds {', '.join(found) or 'nothing'}, not one array; give it as data.file={path}")
    return File(path, *found.popitem())


def _named(file: Path) -> dict[str, tuple[File, File]]:
    if file.is_dir():
        paths = sorted(file.glob("*.npy"))
        headers = {path.stem: (path, header) for path in paths for header in read_headers(path).values()}
    elif file.suffix == ".npy":
        raise DataError(f"{file}: holds one array; give two files, data.inputs={file} data.targets=FILE.npy")
    else:
        headers = {name: (file, header) for name, header in read_headers(file).items()}
    found = {}
    for split, choices in NAMES.items():
        for pair in choices:
            there = [name for name in pair if name in headers]
            if len(there) == 2:
                found[split] = _checked(*(File(headers[name][0], name, headers[name][1]) for name in pair))
                break
            if there:
                missing = pair[1 - pair.index(there[0])]
                raise DataError(f"{file}: has {there[0]} but no {missing}; save both under these names")
    if "train" not in found:
        held = ", ".join(headers) or "nothing"
        raise DataError(f"{file}: holds {held}; name its arrays inputs and targets, or x_train and y_train")
    _check_types({file.header.dtype == np.uint8: file for file, _ in found.values()})
    largest = sum(array.header.nbytes for pair in found.values() for array in pair if not array.mapped)
    if largest > MAX_BYTES:
        raise DataError(
            f"{file}: its arrays take {largest / 2**30:.1f} GB, and an .npz can only be read into memory as a whole; "
            "save each by numpy.save in a folder of .npy files, which are mapped, and name the folder"
        )
    return found


def _check_types(files: Mapping[bool, File]) -> None:
    """Raise DataError where some inputs are pixels, which are scaled to [0, 1], and others values, which are not."""
    if len(files) > 1:
        raise DataError(
            f"{files[False]}: holds {files[False].header.dtype} but {files[True].name} holds uint8, which are scaled "
            "to [0, 1]; save both as one type"
        )


def _checked(inputs: File, targets: File) -> tuple[File, File]:
    for file in (inputs, targets):
        dtype, shape = file.header.dtype, file.header.shape
        if dtype.kind not in KINDS or dtype.itemsize > 8:
            what = "Python objects" if dtype.hasobject else f"values of type {dtype}"
            raise DataError(
                f"{file}: holds {what}, not numbers; save numbers (for names of classes their indices: "
                "numpy.unique(names, return_inverse=True)[1])"
            )
        if not shape or not all(shape):
            raise DataError(f"{file}: its shape {shape} holds no examples; save one row for each")
    if inputs.header.shape[0] != targets.header.shape[0]:
        raise DataError(
            f"{targets}: {targets.header.shape[0]} targets but {inputs.header.shape[0]} inputs in {inputs}; "
            "save one of each for every example"
        )
    return inputs, targets


def input_shape(file: File) -> tuple[int, ...]:
    """Return the shape of one example; grey images get a channel axis. Raises DataError."""
    shape = file.header.shape[1:]
    if len(shape) == 2 and file.header.dtype == np.uint8:
        return (1, *shape)
    if len(shape) == 3 and file.header.dtype == np.uint8 and shape[0] > 4 >= shape[2]:
        raise DataError(
            f"{file}: images of shape {list(shape)} seem to have their channels last; save "
            "numpy.moveaxis(images, -1, 1), or set data.shape if they do not"
        )
    return shape or (1,)


def are_labels(file: File) -> bool:
    """Return whether targets are labels of classes. Raises DataError if no problem has targets of their shape."""
    if file.header.dtype.kind == "f":
        return False
    if len(file.header.shape) > 1 and file.header.shape[1:] != (1,):
        raise DataError(
            f"{file}: integers of shape {file.header.shape}; give a label (N,) for each example, or floats for values"
        )
    return True


def labels(file: File, ignored: int | None = None) -> np.ndarray:
    """Return labels (N,) int64, -1 for those that are ignored. Raises DataError if others are negative."""
    found = file.array(()).astype(np.int64)
    wrong = np.flatnonzero((found < 0) & (found != ignored))
    if ignored is not None:
        found[found == ignored] = -1
    if len(wrong):
        row = int(wrong[0])
        raise DataError(f"{file}: row {row}: the label {found[row]} is negative; number the classes from 0")
    return found


def values(file: File) -> np.ndarray:
    """Return targets (N, K) of floats."""
    return file.array((1,) if len(file.header.shape) == 1 else None)


def remarks(inputs: File, targets: File) -> list[str]:
    """Return lines on how two files are read, where the user may have meant something else."""
    lines = []
    if inputs.mapped and inputs.header.fortran_order and len(inputs.header.shape) > 1:
        lines.append(f"{inputs}: is in Fortran order, in which reading rows is slow; save numpy.ascontiguousarray(x)")
    if targets.header.dtype.kind == "f" and math.prod(targets.header.shape[1:]) == 1:
        found = np.unique(values(targets))
        if len(found) <= MOST_WHOLE and 2 * len(found) <= targets.header.shape[0] and (found == np.rint(found)).all():
            lines.append(
                f"{targets}: its {len(found)} different numbers, {found[0]:g} to {found[-1]:g}, are taken as values, "
                "since they are floats; if they are classes, save integers"
            )
    elif targets.header.dtype.kind == "f" and _are_one_hot(values(targets)):
        lines.append(
            f"{targets}: its rows are taken as values, since they are floats, but each has a single 1; if they are "
            "classes, save numpy.argmax(targets, axis=1)"
        )
    return lines


def far_from_one(targets: File) -> list[str]:
    """Return a line if values are far from the mean 0 and deviation 1 with which networks begin; by the first rows."""
    if len(targets.header.shape) > 2:
        return []
    some = values(targets)[:ROWS].astype(np.float64)
    if np.isfinite(some).all() and np.abs(some).max(initial=0) > LARGE:
        return [f"{targets}: values from {some.min():g} to {some.max():g}"]
    return []


def _are_one_hot(targets: np.ndarray) -> bool:
    """Return whether each row (N, K) of values is 0 but for a single 1, looking at a part of them at a time."""
    parts = (targets[start : start + ROWS] for start in range(0, len(targets), ROWS))
    return targets.ndim == 2 and all(bool(((p == 0) | (p == 1)).all() and (p.sum(axis=1) == 1).all()) for p in parts)


def source(inputs: File, shape: tuple[int, ...], targets: np.ndarray, target_file: File) -> Examples:
    """Return the examples of two files, their floats checked. Raises DataError."""
    examples = Examples(inputs.array(shape), targets)
    for name, place in ((INPUT, inputs), (TARGET, target_file)):
        start = 0
        for rows in examples.chunks(name) if np.dtype(examples.fields[name].dtype).kind == "f" else ():
            check_finite(rows, np.arange(start, start + len(rows)), str(place))
            start += len(rows)
    return examples


def check_finite(rows: np.ndarray, indices: np.ndarray, place: str) -> None:
    """Raise DataError, naming the first row at fault, unless all values are finite."""
    if not rows.size:
        return
    if not -LARGEST <= rows.min() <= rows.max() <= LARGEST:  # NaN is neither
        wrong = ~(np.abs(rows.reshape(len(rows), -1)) <= LARGEST)
        row = int(wrong.any(axis=1).argmax())
        value = rows.reshape(len(rows), -1)[row][wrong[row]][0]
        raise DataError(f"{place}: row {indices[row]} holds {value}; fix the row or leave it out")
