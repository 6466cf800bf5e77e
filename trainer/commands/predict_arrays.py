"""Predictions for pictures and arrays: `trainer predict RUN photo.png folder/ data.npz ...`."""

import argparse
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trainer.commands import command
from trainer.commands.augment import views_of
from trainer.datasets import DataError, batches
from trainer.datasets.readers.archive import map_array, read_arrays, read_headers
from trainer.datasets.readers.arrays import check_finite
from trainer.datasets.readers.picture import MODES, write_image
from trainer.datasets.readers.picture_folder import pictures_in
from trainer.datasets.tables.target import SEPARATOR
from trainer.ground import strict_json
from trainer.ground.files import output
from trainer.ground.text import cell
from trainer.problems import MultiLabel
from trainer.runs.network import Network
from trainer.runs.prepared import Inputs, picture

ARRAYS = ("images", "inputs", "x", "X", "x_test")  # what the examples are called in an archive of several arrays
RUNNERS_UP = 2
LIKELY = 0.5  # a label that is likelier applies
TOGETHER = 256  # pictures read before they are predicted
READ_BYTES = 1 << 24  # of an array that are predicted at a time

Part = tuple[list[str], Inputs]  # names of examples, and the examples (n, *shape) as the network sees them


def predict(network: Network, options: argparse.Namespace) -> int:
    """Predict as the options of `trainer predict` say; return the exit code."""
    names, values, failures = [], [], 0
    views = views_of(network, options.augment)
    for part in parts(network, options.files, options.invert):
        if isinstance(part, DataError):
            command.complain(str(part))
            failures += 1
            continue
        if options.save_inputs:
            _save(part, options.save_inputs, len(names))
        names += part[0]
        inputs = part[1]
        values.append(network.averaged(inputs, views) if views else network.probabilities(network.run(inputs)))
    if names:
        _show(network, names, np.concatenate(values), options)
    return 1 if failures else 0


def parts(network: Network, files: Sequence[str], invert: bool = False) -> Iterator[Part | DataError]:
    """Yield the examples in files, in order, some at a time; for a file that cannot be read, the error."""
    pictures: list[tuple[str, np.ndarray]] = []

    def gathered() -> Iterator[Part]:
        if pictures:
            yield [name for name, _ in pictures], network.prepare(np.stack([pixels for _, pixels in pictures]))
            pictures.clear()

    for file in files:
        for path in _expanded(Path(file)):
            try:
                if path.suffix in (".npz", ".npy"):
                    yield from gathered()
                    yield from _examples(network, path)
                else:
                    pictures.append((str(path), picture(network.dataset, path, invert)))
            except DataError as error:
                yield error
            if len(pictures) == TOGETHER:
                yield from gathered()
    yield from gathered()


def _expanded(path: Path) -> list[Path]:
    return pictures_in(path) if path.is_dir() else [path]


def _examples(network: Network, path: Path) -> Iterator[Part]:
    """Yield the examples of a file, some at a time: an .npy is mapped, and may be larger than the memory."""
    names = [*read_headers(path)]
    name = names[0] if len(names) == 1 else next((name for name in ARRAYS if name in names), None)
    if name is None:
        raise DataError(f"{path}: holds {', '.join(names) or 'nothing'}; name the array of examples '{ARRAYS[0]}'")
    array = map_array(path) if path.suffix == ".npy" else read_arrays(path, [name])[name]
    if not array.ndim or not len(array):
        raise DataError(f"{path}: its shape {array.shape} holds no examples; give one row for each")
    for rows in batches(len(array), max(1, READ_BYTES * len(array) // max(1, array.nbytes))):
        part = array[rows[0] : rows[-1] + 1]
        if part.dtype.kind == "f":
            check_finite(part, rows, str(path))
        try:
            yield [f"{path}[{row}]" for row in rows], network.prepare(part)
        except ValueError as error:
            raise DataError(f"{path}: {error}") from None


def _save(part: Part, folder: Path, first: int) -> None:
    names, inputs = part
    if isinstance(inputs, dict) or inputs.dtype != np.uint8 or inputs.ndim != 4 or inputs.shape[1] not in MODES:
        return  # no pictures
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, pixels) in enumerate(zip(names, inputs, strict=True), first):
        plain = re.sub(r"[^\w.-]+", "_", Path(name).stem)[:80]
        write_image(pixels, folder / f"{number:04d}-{plain}.png")


def _show(network: Network, names: list[str], values: np.ndarray, options: argparse.Namespace) -> None:
    columns = network.classes or tuple(f"output {index}" for index in range(values.shape[1]))
    guesses = _guesses(network, values)
    if options.csv:
        with output(options.csv) as path, path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["file", *guesses[0], *map(cell, columns)])
            for name, guess, numbers in zip(names, guesses, values.tolist(), strict=True):
                found = [SEPARATOR.join(each) if isinstance(each, list) else each for each in guess.values()]
                writer.writerow([cell(name), *map(cell, found), *numbers])
    if options.json:
        key = "probabilities" if network.classes else "values"
        rows = zip(names, guesses, values.tolist(), strict=True)
        records = [{"file": name, **guess, key: dict(zip(columns, row, strict=True))} for name, guess, row in rows]
        print(strict_json.dumps(records, indent=1))
        return
    print(_table(network, names, values))


def _guesses(network: Network, values: np.ndarray) -> list[dict[str, Any]]:
    """Return what the network decides for each example, from what it gives (N, K); nothing for values.

    That is "class" and its "probability", or where there may be any number of labels, the list of these.
    """
    classes = network.classes
    if isinstance(network.problem, MultiLabel):
        return [{"labels": [classes[index] for index in np.flatnonzero(row > LIKELY)]} for row in values]
    if not classes:
        return [{} for _ in values]
    best = zip(values.argmax(axis=1).tolist(), values.max(axis=1).tolist(), strict=True)
    return [{"class": classes[index], "probability": probability} for index, probability in best]


def _table(network: Network, names: list[str], values: np.ndarray) -> str:
    classes = network.classes
    if not classes:
        rows = [[name, *(f"{value:.6g}" for value in row)] for name, row in zip(names, values, strict=True)]
        return command.table([["file", *(f"output {index}" for index in range(values.shape[1]))], *rows])
    order = np.argsort(-values, axis=1, kind="stable").tolist()
    if isinstance(network.problem, MultiLabel):
        rows = [["file", "labels", "not"]]
        for name, row, places in zip(names, values, order, strict=True):
            count = int(np.count_nonzero(row > LIKELY))
            parts = places[:count], places[count : count + RUNNERS_UP]
            rows.append([name, *(_listed(classes, row, part) for part in parts)])
        return command.table(rows, left=(0, 1, 2))
    rows = [["file", "class", "probability", "then"]]
    for name, row, (first, *others) in zip(names, values, order, strict=True):
        rows.append([name, classes[first], f"{row[first]:.3f}", _listed(classes, row, others[:RUNNERS_UP])])
    return command.table(rows, left=(0, 1, 3))


def _listed(classes: Sequence[str], probabilities: np.ndarray, places: Sequence[int]) -> str:
    return ", ".join(f"{classes[index]} {probabilities[index]:.3f}" for index in places)
