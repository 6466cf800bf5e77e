"""Examples for people: pictures, rows of a table, or texts, with what was true and what was predicted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from trainer.datasets import Dataset, Source, Table, Text
from trainer.ground.text import printable
from trainer.pages.pictures import png, tiled
from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import Predictions, in_chunks
from trainer.pages.report.rows import table_rows
from trainer.pages.report.section import clip, number
from trainer.problems import Classification, MultiLabel

LARGEST = 72  # pixels along a picture's side; larger ones are shrunk
PIXELS = 1 << 20  # of all pictures of a section: some hundreds of KB
ACROSS = 32  # pictures in a row of a sheet
MOST_COLUMNS = 12  # of a row of numbers
MOST_CHARACTERS = 60  # of a text, the last ones
LONGEST_CELL = 40

Json = dict[str, Any]


def are_pictures(dataset: Dataset) -> bool:
    """Return whether the examples are grey or coloured pictures."""
    shape = dataset.input_shape
    return len(dataset.inputs) == 1 and len(shape) == 3 and shape[0] in (1, 3)


def most_shown(dataset: Dataset) -> int:
    """Return how many examples a section can show."""
    if not are_pictures(dataset):
        return 1000
    channels, *sides = dataset.input_shape
    return int(PIXELS // (channels * np.prod([min(side, LARGEST) for side in sides])))


def shown_inputs(dataset: Dataset, source: Source, indices: Sequence[int]) -> dict[str, np.ndarray]:
    """Return the inputs of examples for `look`, read a few at a time, since large pictures are kept shrunk only."""
    chunks = [shrunk(dataset, inputs) for inputs in in_chunks(source, indices)]
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def shrunk(dataset: Dataset, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return inputs by name, (n, *shape), pictures of them so small that the page shows all their pixels."""
    return {name: _shrunk(array) for name, array in inputs.items()} if are_pictures(dataset) else inputs


def look(dataset: Dataset, inputs: dict[str, np.ndarray]) -> Json:
    """Return examples as the page's script shows them.

    Args:
        dataset: Their data set.
        inputs: Theirs by name, (n, *shape), as they are stored after the transforms.
    """
    if are_pictures(dataset):
        return sheet(next(iter(inputs.values())))
    if isinstance(dataset, Table):
        header, rows = table_rows(dataset, inputs)
    elif isinstance(dataset, Text):
        texts = [visible(dataset.decode(window)) for window in next(iter(inputs.values()))]
        ends = [each if len(each) <= MOST_CHARACTERS else f"…{each[1 - MOST_CHARACTERS :]}" for each in texts]
        return {"kind": "rows", "header": ["text"], "rows": [[each] for each in ends], "leads": True}
    else:
        values = np.concatenate([array.reshape(len(array), -1) for array in inputs.values()], axis=1)
        header = [f"x{place + 1}" for place in range(values.shape[1])][:MOST_COLUMNS]
        rows = [[number(float(value)) for value in row[:MOST_COLUMNS]] for row in values]
    return {"kind": "rows", "header": header, "rows": [[clip(cell, LONGEST_CELL) for cell in row] for row in rows]}


def visible(text: str) -> str:
    """Return a text with its line breaks and tabs as signs, a space alone, and other invisible characters escaped."""
    return "␣" if text == " " else printable(text.replace("\n", "¶").replace("\t", "→"))


def sheet(pictures: np.ndarray) -> Json:
    """Return pictures (n, C, H, W), uint8 or floats, side by side in one PNG."""
    pixels = np.moveaxis(bytes_of(_shrunk(pictures)), 1, -1)
    count, height, width, _ = pixels.shape
    whole = png(tiled(pixels, ACROSS))
    return {"kind": "pictures", "sheet": whole, "width": width, "height": height, "across": min(ACROSS, max(1, count))}


def _shrunk(pictures: np.ndarray) -> np.ndarray:
    """Return pictures (n, C, H, W), of which no side is longer than `LARGEST`: uint8 remain uint8, others float32."""
    *many, height, width = pictures.shape
    if max(height, width) <= LARGEST:
        return pictures
    planes = pictures.reshape(-1, height, width)
    ratio = LARGEST / max(height, width)
    size = max(1, round(height * ratio)), max(1, round(width * ratio))
    small = np.empty((len(planes), *size), np.uint8 if pictures.dtype == np.uint8 else np.float32)
    for out, plane in zip(small, planes, strict=True):
        image = Image.fromarray(plane.astype(small.dtype, copy=False))
        out[...] = np.asarray(image.resize(size[::-1], Image.Resampling.BOX))
    return small.reshape(*many, *size)


def bytes_of(pictures: np.ndarray) -> np.ndarray:
    """Return pictures as uint8: floats from the least to the largest of all."""
    if pictures.dtype == np.uint8:
        return pictures
    low, high = (float(pictures.min()), float(pictures.max())) if pictures.size else (0.0, 1.0)
    return ((pictures - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)


def captions(facts: Facts, found: Predictions, indices: Sequence[int]) -> list[Json]:
    """Return what was true of examples and what was predicted: "number", "true", "predicted", "p", "right".

    Rows of a table have "place", too, that in the file.
    """
    return [{**where(found, int(each)), **_caption(facts, found, int(each))} for each in indices]


def where(found: Predictions, index: int) -> Json:
    """Return the "number" of an example in its split, and of a table's row its "place" in the file."""
    number = {"number": int(found.numbers[index])}
    return number | {"place": found.source.place(index)} if isinstance(found.dataset, Table) else number


def _caption(facts: Facts, found: Predictions, index: int) -> Json:
    problem, names = found.problem, [clip(visible(name), LONGEST_CELL) for name in facts.classes]
    if isinstance(problem, Classification):
        label, guess = int(found.labels[index]), int(found.predicted[index])
        p = float(found.probabilities[index, guess])
        return {"true": names[label], "predicted": names[guess], "p": p, "right": label == guess}
    if isinstance(problem, MultiLabel):
        true, predicted = (
            ", ".join(names[each] for each in np.flatnonzero(marks[index] > 0.5)) or "none"
            for marks in (found.targets, found.predicted)
        )
        return {"true": true, "predicted": predicted, "right": true == predicted}
    true, predicted = (_values(values[index]) for values in (problem.probabilities(found.targets), found.predicted))
    return {"true": true, "predicted": predicted}


def _values(values: np.ndarray) -> str:
    return ", ".join(number(float(value)) for value in np.ravel(values)[:4])
