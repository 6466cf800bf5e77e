"""Baselines: the same answer for every example, and linear models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from trainer import datasets, models
from trainer.datasets import INPUT, TARGET, Dataset, Source, Splits
from trainer.engine.tally import Tally
from trainer.models.losses import Loss
from trainer.problems import Problem
from trainer.problems.classification import LEAST_SHARE

TOGETHER = 1 << 20  # outputs that are measured at once
MOST_FEATURES = 4096  # of a linear model
MOST_NUMBERS = 1 << 25  # of its training examples; of more examples some are taken, spread evenly
MOST_PRODUCTS = 10**9  # of a step of the logistic regression, for which examples are left out too
LOADED = 1024  # examples at a time
IN_DOUBLE = 1 << 13  # rows that are squared at a time in double precision
LOOKED_AT = 10_000  # examples that tell how many places an integer has
STEPS = 300  # of the logistic regression
PENALTY = 1e-4  # on the squares of its weights, against infinite ones where classes are separable


@dataclass(frozen=True)
class Baseline:
    """A simple answer.

    Attributes:
        name: Such as "always 'cat'" or "logistic regression".
        figures: The problem's figures by name, for each split that was measured.
        outputs: (K,), if they are the same for every example.
    """

    name: str
    figures: dict[str, dict[str, float | None]]
    outputs: np.ndarray | None = None


def trivial(
    problem: Problem, loss: Loss, dataset: Dataset, splits: Splits, measured: tuple[str, ...] = ("test",)
) -> Baseline | None:
    """Return the best constant answer by the training targets; None if the problem has none.

    A split of `measured` without examples has no figures.
    """
    if type(problem).constant is Problem.constant:
        return None
    size = prod(problem.output_shape)
    answer = problem.constant(mean_target(splits.train, size), dataset.class_names)
    if answer is None:
        return None
    name, outputs = answer
    column = outputs.reshape(-1, 1)

    def same(split: str) -> dict[str, float | None]:
        total, step = Tally(), max(1, TOGETHER // size)
        for targets in getattr(splits, split).chunks(TARGET):
            for start in range(0, len(targets), step):
                part = targets[start : start + step]
                total.add(judged(problem, loss, np.repeat(column, len(part), axis=1), part))
        return problem.figures(total.sums, total.examples)

    return Baseline(name, {split: same(split) for split in measured if len(getattr(splits, split))}, column[:, 0])


def tested(problem: Problem, loss: Loss, dataset: Dataset, splits: Splits) -> dict[str, Any] | None:
    """Return name and test figures of the best constant answer; None where there is none, or no test."""
    found = trivial(problem, loss, dataset, splits)
    return {"name": found.name, **found.figures["test"]} if found and "test" in found.figures else None


def mean_target(source: Source, size: int) -> np.ndarray:
    """Return the mean of the targets, float64 (K,): of labels the share of each of K = `size` classes."""
    total = np.zeros(size)
    for targets in source.chunks(TARGET):
        is_label = targets.ndim == 1 and targets.dtype.kind in "iu"
        total += np.bincount(targets, minlength=size) if is_label else targets.reshape(-1, size).sum(0, np.float64)
    return total / max(1, len(source))


def judged(problem: Problem, loss: Loss, outputs: np.ndarray, targets: np.ndarray) -> Tally:
    """Return the sums of loss and measures of outputs (K, N), however they were computed, on targets (N, ...)."""
    graph = models.build({"outputs": {}}, {"input": models.Input((len(outputs),))}, lambda *_: models.Flatten())
    workspace = models.Workspace(graph, models.ParameterStore({}))
    outputs = np.ascontiguousarray(outputs, workspace.parameters.dtype).reshape(*problem.output_shape, -1)
    targets = np.ascontiguousarray(targets.T)
    with np.errstate(all="ignore"):  # what is not finite shows in the figures
        value = loss.forward(workspace.loss_context(len(targets.T)), outputs, targets)
        return Tally(len(targets.T), {"loss": value, **problem.measures(outputs, targets)})


def linear(
    problem: Problem, loss: Loss, dataset: Dataset, splits: Splits, measured: tuple[str, ...]
) -> Baseline | None:
    """Return logistic or linear regression on what the network gets, not augmented.

    Integers, such as the places of categories and characters, are one-hot. Large pictures are made smaller. None if
    there are too many inputs, or none.
    """
    levels = _levels(dataset, _taken(splits.train, LOOKED_AT))
    side = _side(dataset)
    shapes = [_smaller(field.shape, side) for field in dataset.inputs.values() if not field.is_integer]
    features = sum(map(prod, shapes)) + sum(levels)
    if not 0 < features <= MOST_FEATURES:
        return None
    classes = dataset.num_classes
    most = min(MOST_NUMBERS // features, MOST_PRODUCTS // (features * (classes or 1)))
    train = _taken(splits.train, most)
    x, t = _features(dataset, train, levels, side), train.targets
    mean, deviation = x[:, :-1].mean(axis=0), x[:, :-1].std(axis=0)
    deviation[deviation < 1e-6] = 1

    def prepared(x: np.ndarray) -> np.ndarray:
        x[:, :-1] -= mean
        x[:, :-1] /= deviation
        return x

    if classes is None:
        name, weights = "linear regression", least_squares(prepared(x), t.reshape(len(t), -1))
    else:
        name, one_of_many = "logistic regression", t.ndim == 1
        hot = np.eye(classes, dtype=np.float32)[t] if one_of_many else t.astype(np.float32)
        weights = logistic(prepared(x), hot, one_of_many)
    del x  # before the next ones are read
    figures = {}
    for split in measured:
        examples = _taken(getattr(splits, split), most)
        if len(examples):
            outputs = (prepared(_features(dataset, examples, levels, side)) @ weights).T
            tally = judged(problem, loss, outputs, examples.targets)
            figures[split] = problem.figures(tally.sums, tally.examples)
    size = "" if side == 1 else f" on {shapes[0][1]}x{shapes[0][2]} pixels"
    part = "" if len(train) == len(splits.train) else f" of {len(train):,} of {len(splits.train):,} examples"
    return Baseline(name + size + part, figures)


def following(
    problem: Problem, loss: Loss, dataset: Dataset, splits: Splits, measured: tuple[str, ...]
) -> Baseline | None:
    """Return the baseline of a text that predicts by how often each character follows another in the training part.

    The characters' shares of the whole text count as one more occurrence, so that none has the probability 0.
    """
    classes = dataset.num_classes or 0
    pairs = np.zeros((classes, classes))
    for before, after in _pairs(splits.train):
        np.add.at(pairs, (before, after), 1)
    shares = pairs.sum(axis=0) / max(1, pairs.sum())
    chances = (pairs + shares) / (pairs.sum(axis=1, keepdims=True) + 1)
    logits = np.log(np.maximum(chances, LEAST_SHARE)).astype(np.float32)
    figures = {}
    for split in measured:
        total = Tally()
        for before, after in _pairs(getattr(splits, split)):
            total.add(judged(problem, loss, logits[before].T, after))
        figures[split] = problem.figures(total.sums, total.examples)
    return Baseline("by the character before", figures)


def _pairs(source: Source) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the last character of windows and the one that follows, as places in the vocabulary."""
    for indices in datasets.batches(len(source), LOADED):
        rows = {name: field.empty(len(indices)) for name, field in source.fields.items()}
        source.read(indices, rows, None)
        yield rows[INPUT][:, -1], rows[TARGET]


def least_squares(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Return W (F, K) that minimises Σ(x W − t)², for x (N, F) and t (N, K), with a tiny penalty on W."""
    squares = 1e-6 * len(x) * np.eye(x.shape[1])
    products = np.zeros((x.shape[1], t.shape[1]))
    for indices in datasets.batches(len(x), IN_DOUBLE):
        part = x[indices].astype(np.float64)
        squares += part.T @ part
        products += part.T @ t[indices]
    return np.linalg.solve(squares, products)


def logistic(x: np.ndarray, t: np.ndarray, one_of_many: bool) -> np.ndarray:
    """Return W (F, K) of logistic regression, by Nesterov's accelerated gradient descent.

    Args:
        x: (N, F) floats of about the same size.
        t: (N, K) 1 for the class, or for each label that applies.
        one_of_many: Softmax over the classes, else a sigmoid for each label.
    """
    direction = np.ones(x.shape[1], x.dtype)
    for _ in range(20):  # the power method, for the largest eigenvalue of xᵀx / N
        direction = x.T @ (x @ direction) / len(x)
        direction /= (largest := np.linalg.norm(direction)) or 1.0
    step = 1 / (1.1 * largest * (0.5 if one_of_many else 0.25) + PENALTY)
    weights = ahead = np.zeros((x.shape[1], t.shape[1]), x.dtype)
    for number in range(STEPS):
        z = x @ ahead
        if one_of_many:
            p = np.exp(z - z.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
        else:
            p = 0.5 * (1 + np.tanh(z / 2))
        before, weights = weights, ahead - step * (x.T @ (p - t) / len(x) + PENALTY * ahead)
        ahead = weights + number / (number + 3) * (weights - before)
    return weights


def _taken(source: Source, most: int) -> Source:
    """Return at most `most` examples, spread evenly."""
    if len(source) <= most:
        return source
    return datasets.Subset(source, np.linspace(0, len(source) - 1, most).astype(np.int64))


def _levels(dataset: Dataset, source: Source) -> list[int]:
    """Return how many places each element of the integer inputs has, by these examples."""
    names = [name for name, field in dataset.inputs.items() if field.is_integer]
    arrays = [source.read_all(name).reshape(len(source), -1) for name in names]
    return [int(size) + 1 for array in arrays for size in array.max(axis=0, initial=0)]


def _side(dataset: Dataset) -> int:
    """Return the side of the squares of pixels that are averaged, so that pictures have no more than MOST_FEATURES."""
    shapes = [field.shape for field in dataset.inputs.values() if not field.is_integer]
    side = 1
    while len(shapes) == 1 and len(shapes[0]) == 3 and prod(_smaller(shapes[0], side)) > MOST_FEATURES:
        side += 1
    return side


def _smaller(shape: tuple[int, ...], side: int) -> tuple[int, ...]:
    """Return the shape of a picture (C, H, W) whose squares of pixels are averaged; if the side is 1, any shape."""
    return shape if side == 1 else (shape[0], shape[1] // side, shape[2] // side)


def _features(dataset: Dataset, source: Source, levels: list[int], side: int = 1) -> np.ndarray:
    """Return float32 (N, F + 1): the floats, normalised; the integers, one-hot; and a 1.

    Of pictures, squares of `side` x `side` pixels are averaged.
    """
    fields, loader, found = [*dataset.inputs.values()], dataset.loader(source), None
    for indices in datasets.batches(len(source), max(1, LOADED // side**2)):
        shapes = [(*each.shape, len(indices)) for each in fields]
        arrays = [np.empty(s, f.dtype if f.is_integer else np.float32) for s, f in zip(shapes, fields, strict=True)]
        loader.load(indices, *arrays)
        if side > 1:
            channels, height, width = _smaller(arrays[0].shape[:-1], side)
            whole = arrays[0][:, : height * side, : width * side]
            arrays[0] = whole.reshape(channels, height, side, width, side, -1).mean(axis=(2, 4))
        columns = [array.reshape(-1, len(indices)).T for array in arrays]
        floats = [part for part, field in zip(columns, fields, strict=True) if not field.is_integer]
        integers = [part for part, field in zip(columns, fields, strict=True) if field.is_integer]
        each = [column[:, np.newaxis] for part in integers for column in part.T]
        hot = [(column == np.arange(size)).astype(np.float32) for column, size in zip(each, levels, strict=True)]
        rows = np.concatenate([*floats, *hot, np.ones((len(indices), 1), np.float32)], axis=1)
        if found is None:
            found = np.empty((len(source), rows.shape[1]), np.float32)
        found[indices] = rows
    assert found is not None
    return found
