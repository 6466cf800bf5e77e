"""Examples of the test set to begin with."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trainer import datasets
from trainer.datasets import INPUT, TARGET, DataError, Source
from trainer.datasets.transforms import Transformed
from trainer.pages.show.arrays import packed
from trainer.pages.show.forms import as_stored, decoded

MOST, MOST_POINTS = 20, 300  # points of a plane or a curve are so small that many fit


def test_examples(dataset: datasets.Dataset) -> Source | None:
    """Return the test examples, as they are stored where the page makes the transforms; None if they are not here.

    Nothing is downloaded.
    """
    try:
        if dataset.place() is None:
            return None
        found = dataset.read()
        test = found.test if isinstance(found, datasets.Splits) else found[1]
        if as_stored(dataset):
            return test
        return Transformed(test, list(dataset.transforms.values()))
    except (DataError, OSError):
        return None


def chosen(dataset: datasets.Dataset, source: Source) -> list[dict[str, Any]]:
    """Return some examples as the page takes them: {"target", and "row", "text", or "inputs" by name}.

    Of classes each has about as many; other examples are evenly spaced.
    """
    if not len(source):
        return []
    small = INPUT in source.fields and source.fields[INPUT].shape in ((1,), (2,))
    indices = _indices(source, dataset.num_classes, MOST_POINTS if small else MOST)
    names = [name for name in source.fields if name in (*dataset.inputs, TARGET)]
    read = {name: np.empty((len(indices), *source.fields[name].shape), source.fields[name].dtype) for name in names}
    source.read(indices, read, None)
    targets = read.pop(TARGET)
    values = [{name: array[row] for name, array in read.items()} for row in range(len(indices))]
    return [
        {"target": target.tolist(), **_entered(dataset, value)} for target, value in zip(targets, values, strict=True)
    ]


def are_pixels(dataset: datasets.Dataset, source: Source | None) -> bool:
    """Return whether the only input is uint8 pixels; without examples, whether it looks like a picture."""
    if source is not None and INPUT in source.fields:
        return source.fields[INPUT].dtype == np.uint8
    return [*dataset.inputs] == [INPUT] and len(dataset.shape) == 3


def _entered(dataset: datasets.Dataset, value: Mapping[str, np.ndarray]) -> dict[str, Any]:
    if isinstance(dataset, datasets.Table):
        return {"row": decoded(dataset.features, *value.values())}
    if isinstance(dataset, datasets.Text):
        return {"text": dataset.decode(value[INPUT])}
    return {"inputs": {name: packed(array) for name, array in value.items()}}


def _indices(source: Source, num_classes: int | None, most: int) -> np.ndarray:
    count = min(most, len(source))
    if num_classes is None or source.fields[TARGET].shape != () or num_classes > count:
        return np.linspace(0, len(source) - 1, count).astype(np.int64)
    labels = source.targets
    turns = np.empty(len(labels), np.int64)  # the how manieth of its class each example is
    for label in range(num_classes):
        own = np.flatnonzero(labels == label)
        turns[own] = np.arange(len(own))
    first = np.sort(np.lexsort((labels, turns))[:count])
    return first[np.lexsort((turns[first], labels[first]))]
