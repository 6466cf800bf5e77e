"""How a network's inputs are entered in a page: drawn, typed, or moved; and how the page prepares them."""

from statistics import NormalDist
from typing import Any

import numpy as np

from trainer import datasets
from trainer.datasets.sets.table import CATEGORIES
from trainer.datasets.tables.columns import DATE, YES_NO
from trainer.datasets.tables.features import Feature, Features, normal_table
from trainer.datasets.transforms import Transform

TRANSFORMS: dict[type, tuple[str, ...]] = {datasets.Resize: ("size",), datasets.Pad: ("padding", "value")}
"""The transforms of inputs.js, with their options."""


def form(dataset: datasets.Dataset, pixels: bool) -> dict[str, Any]:
    """Return what the page asks for.

    Args:
        dataset: What the network was trained on.
        pixels: Whether its only input is uint8 pixels, which are scaled to [0, 1].

    Returns:
        kind "row" with the features of a table and the names of its inputs' numbers, "text" with the vocabulary, or
        "arrays" with the inputs by name: shape, whether they are pixels or integers, transforms, mean and std.
    """
    if isinstance(dataset, datasets.Table):
        features = dataset.features.features
        quantiles = any(each.quantiles for each in features)
        table = [each.tolist() for each in normal_table(NormalDist())] if quantiles else None
        embedded = [each.column.name for each in features if each.embedded]
        names = {datasets.INPUT: dataset.features.names, CATEGORIES: embedded}
        return {"kind": "row", "features": [_feature(each) for each in features], "normal": table, "names": names}
    if isinstance(dataset, datasets.Text):
        filling = dataset.decode(dataset.windows([""])[0, :1])
        return {
            "kind": "text",
            "vocabulary": list(dataset.vocabulary),
            "context": dataset.context,
            "filling": filling,
        }
    transforms = [_transform(each) for each in dataset.transforms.values()] if as_stored(dataset) else []
    inputs = {}
    for name, field in dataset.inputs.items():
        inputs[name] = {
            "shape": dataset.shape if transforms else field.shape,
            "pixels": pixels,
            "integer": field.is_integer,
            "transforms": transforms,
            "mean": dataset.mean or (0.0,),
            "std": dataset.std or (1.0,),
        }
    return {"kind": "arrays", "inputs": inputs}


def as_stored(dataset: datasets.Dataset) -> bool:
    """Return whether the page takes examples as they are stored, and makes all transforms itself."""
    return all(type(each) in TRANSFORMS for each in dataset.transforms.values())


def _transform(transform: Transform) -> dict[str, Any]:
    options = {name: getattr(transform, name) for name in TRANSFORMS[type(transform)]}
    return {"kind": type(transform).__name__, "options": options}


def _feature(feature: Feature) -> dict[str, Any]:
    kept = ("levels", "embedded", "median", "indicator", "mean", "deviation", "quantiles", "least", "most")
    return {"name": feature.column.name, "kind": feature.column.kind} | {name: getattr(feature, name) for name in kept}


def decoded(features: Features, numbers: np.ndarray, places: np.ndarray) -> list[float | None]:
    """Return a row of a table as people have it, from what the network gets: the inverse of `Features.numbers`.

    A number that was missing is None; a category is the place of its level.

    Args:
        features: The rules.
        numbers: (F,) of one row.
        places: (E,) of its embedded categories.
    """
    given, embedded = iter(numbers.tolist()), iter(places.tolist())
    row: list[float | None] = []
    for feature in features.features:
        if feature.embedded:
            row.append(next(embedded))
        elif feature.column.kind == "category":
            row.append(int(np.argmax([next(given) for _ in feature.names])))
        else:
            number = _number(next(given), feature)
            row.append(None if feature.indicator and next(given) else number)
    return row


def _number(value: float, feature: Feature) -> float:
    if feature.quantiles:
        share = NormalDist().cdf(value)
        found = float(np.interp(share, np.linspace(0, 1, len(feature.quantiles)), feature.quantiles))
    else:
        found = value * feature.deviation + feature.mean
    whole = feature.column.kind in (DATE, YES_NO)
    return round(found) if whole else float(f"{found:.6g}")  # float32 knows no more digits
