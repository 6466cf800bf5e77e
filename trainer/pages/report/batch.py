"""The first training examples, as the network saw them."""

from __future__ import annotations

from typing import Any

import numpy as np

from trainer.datasets import Dataset, Draw, Source, Subset, Table, batches
from trainer.ground.streams import stream
from trainer.pages.report.examples import LONGEST_CELL, look, shrunk, visible
from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import inputs_of
from trainer.pages.report.section import Section, clip, number, table, text
from trainer.problems import Problem

MOST = 16
EPOCHS = 4  # in which an augmented example is shown


def batch(facts: Facts) -> Section | None:
    """Return examples of the run's first step, augmented as they were; None if the data cannot be read."""
    found = facts.predictions
    if found is None or not len(found.splits.train):
        return None
    config, train, dataset = found.network.config, found.splits.train, found.dataset
    order = stream(config["seed"], "shuffle 0")
    indices = next(iter(batches(len(train), config["batch_size"] * config["accumulate"], order)))[:MOST]
    augmented = bool(dataset.augment)
    epochs = range(EPOCHS if augmented else 1)
    indices = indices[: MOST // len(epochs)]
    seen = [shrunk(dataset, inputs_of(train, indices, Draw(config["seed"], epoch, indices))) for epoch in epochs]
    count = len(indices) * len(epochs)  # all epochs of an example side by side
    stacked = {name: np.stack([each[name] for each in seen], axis=1) for name in seen[0]}
    inputs = {name: array.reshape(count, *array.shape[2:]) for name, array in stacked.items()}
    labels = [label for each in _labels(found.problem, dataset, train, indices) for label in [each] * len(epochs)]
    intro = f"The first {len(indices)} examples of the first step"
    intro += f", each augmented as in epochs 1 to {EPOCHS}." if augmented else "."
    if isinstance(dataset, Table):
        body = _encoded(dataset, inputs, labels)
        return Section("batch", "A training batch", f'<p class="faint">{intro} Numbers are standardised.</p>{body}')
    items: list[dict[str, Any]] = [{"true": label} for label in labels]
    if augmented:
        items = [item | {"note": f"epoch {place % len(epochs) + 1}"} for place, item in enumerate(items)]
    body = f'<p class="faint">{intro}</p><div class="gallery" data-examples="batch"></div>'
    return Section("batch", "A training batch", body, data={"batch": {**look(dataset, inputs), "items": items}})


def _labels(problem: Problem, dataset: Dataset, train: Source, indices: np.ndarray) -> list[str]:
    """Return the target of each example, in words."""
    targets = Subset(train, indices).targets
    names = [clip(visible(name), LONGEST_CELL) for name in dataset.class_names]
    if dataset.num_classes is None:
        values = problem.probabilities(targets.reshape(len(targets), -1))
        return [", ".join(number(float(value)) for value in row[:4]) for row in values]
    if targets.ndim == 1:
        return [names[label] for label in targets]
    return [", ".join(names[k] for k in np.flatnonzero(marks > 0.5)) or "none" for marks in targets]


def _encoded(dataset: Table, inputs: dict[str, np.ndarray], labels: list[str]) -> str:
    """Return a table of what a network gets of rows: numbers, and the places of embedded categories."""
    numbers, places = inputs.values()
    embedded = [feature.column.name for feature in dataset.features.features if feature.embedded]
    header = [*dataset.features.names, *(f"place of {name}" for name in embedded), "target"]
    rows = [
        [*(number(float(value), 3) for value in row), *map(str, own), label]
        for row, own, label in zip(numbers, places, labels, strict=True)
    ]
    return (
        table([clip(name, LONGEST_CELL) for name in header], rows, range(len(header) - 1), "small")
        if rows
        else text("")
    )
