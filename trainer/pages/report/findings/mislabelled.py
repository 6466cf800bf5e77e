"""Mistakes where the label looks wrong, not the network."""

from collections.abc import Iterable

import numpy as np

from trainer.datasets import TARGET, Subset
from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, tested
from trainer.pages.report.findings.learns_nothing import learns_nothing
from trainer.pages.report.predictions import Predictions, in_chunks, inputs_of
from trainer.problems import Classification

WORST = 20  # mistakes that are looked at
LEAST = 5  # of them, before anything is said
COMPARED = 2000  # training examples
NEIGHBOURS = 5


def mislabelled(facts: Facts) -> Finding | None:
    """Count the worst mistakes for which the network and the nearest training examples agree on another class.

    The network must give that class at least the average probability that it gives it where it is the label (confident
    learning, Northcutt et al. 2021), and all of the nearest training examples, by the distance of their inputs, must be
    of that class.
    """
    seen = tested(facts)
    if facts.network is None or not isinstance(facts.problem, Classification) or seen is None or learns_nothing(facts):
        return None
    source = seen.splits.train
    (name, field), *others = facts.network.dataset.inputs.items()
    if others or field.is_integer or seen.targets.ndim > 1:
        return None  # distances need one input of numbers, and examples one label
    wrong = np.flatnonzero(seen.predicted != seen.labels)
    losses = facts.problem.example_losses(seen.outputs, seen.targets)
    worst = wrong[np.argsort(-losses[wrong], kind="stable")[:WORST]]
    confident = worst[_confident(seen, worst)]
    if len(confident) < LEAST:
        return None
    some = np.linspace(0, len(source) - 1, min(COMPARED, len(source))).astype(np.int64)
    known = Subset(source, some).read_all(TARGET)
    chunks = (inputs[name] for inputs in in_chunks(source, some))
    nearest = _nearest(chunks, inputs_of(seen.source, confident)[name])
    agree = (known[nearest] == seen.predicted[confident, np.newaxis]).all(axis=1)
    if agree.sum() < LEAST:
        return None
    return Finding(
        f"{agree.sum()} of the {len(worst)} worst mistakes look mislabelled: the network is as sure of its answer as "
        f"where it is right, and the {NEIGHBOURS} most similar training examples have that label, too.",
        "mistakes",
        "look at these examples: wrong labels in the test distort every figure, and the training will have some too",
    )


def _confident(seen: Predictions, examples: np.ndarray) -> np.ndarray:
    """Return for each of some examples (n,) whether the predicted class is as probable as where it is the label."""
    probabilities, labels = seen.probabilities, seen.labels
    counts = np.bincount(labels, minlength=probabilities.shape[1])
    own = np.bincount(labels, probabilities[np.arange(len(labels)), labels], minlength=len(counts))
    usual = own / np.maximum(counts, 1)
    predicted = seen.predicted[examples]
    return probabilities[examples, predicted] >= usual[predicted]


def _nearest(known: Iterable[np.ndarray], asked: np.ndarray) -> np.ndarray:
    """Return which of the examples `known`, in chunks (k, *shape), are nearest to each of `asked` (n, *shape).

    They are (n, NEIGHBOURS), the nearest first.
    """
    y = _rows(asked)
    # Without the square of each y, which does not change the order.
    distances = [np.einsum("kf,kf->k", x, x) - 2 * y @ x.T for x in map(_rows, known)]
    return np.argsort(np.concatenate(distances, axis=1), axis=1, kind="stable")[:, :NEIGHBOURS]


def _rows(examples: np.ndarray) -> np.ndarray:
    return examples.reshape(len(examples), -1).astype(np.float32)
