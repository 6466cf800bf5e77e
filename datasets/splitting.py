"""Choice of examples for validation or test: at random, by class, by group, or the latest."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from trainer.datasets.errors import DataError


class Fold(NamedTuple):
    """One of several parts of about equal size; every example is in exactly one. Numbers start at 1."""

    number: int
    of: int

    @classmethod
    def from_text(cls, text: str) -> Fold:
        """Return the fold that "2/5" means. Raises ValueError."""
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        fold = cls(*map(int, found.groups())) if found else cls(0, 0)
        if not 1 <= fold.number <= fold.of or fold.of < 2:
            raise ValueError(f"fold: '{text}' is not a fold; the second of five is 2/5")
        return fold


def apart(
    count: int,
    wanted: int | Fold,
    rng: np.random.Generator,
    *,
    labels: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
) -> np.ndarray:
    """Return the indices of the examples to set apart, sorted.

    Args:
        count: Examples in all.
        wanted: How many to set apart, with groups roughly; or a fold, for which rng must always be the same.
        rng: Decides which; times need none.
        labels: Classes (N,); a share of each class is set apart, and each keeps an example.
        groups: Groups (N,), such as patients, whose examples stay together.
        times: Times (N,); the latest are set apart, and among equal times the later rows.

    Raises:
        DataError: There is only one group, or fewer examples or groups than folds.
    """
    if isinstance(wanted, Fold):
        return _fold(count, wanted, rng, labels, groups, times)
    if times is not None:
        return np.sort(np.argsort(times, kind="stable")[count - wanted :])
    if groups is not None:
        return _whole_groups(groups, wanted, rng)
    if labels is not None:
        return _of_each_class(labels, wanted, rng)
    return np.sort(rng.permutation(count)[:wanted])


def _of_each_class(labels: np.ndarray, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """Return a share of each class, rounded down; those with the largest remainders get one more each."""
    classes, counts = np.unique(labels, return_counts=True)
    shares = counts * (wanted / len(labels))
    taken = np.minimum(np.floor(shares), counts - 1).astype(int)
    for place in np.argsort(taken - shares, kind="stable"):
        if taken.sum() < wanted and taken[place] < counts[place] - 1:
            taken[place] += 1
    chosen = [rng.permutation(np.flatnonzero(labels == c))[:n] for c, n in zip(classes, taken, strict=True)]
    return np.sort(np.concatenate(chosen))


def _whole_groups(groups: np.ndarray, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """Return the examples of the first groups, in random order, that come closest to the wanted number."""
    names, members, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise DataError(f"all examples are of one group, {names[0]}; name another column, or split without groups")
    order = rng.permutation(len(names))
    sizes = np.cumsum(counts[order])[:-1]  # at least one group stays
    taken = order[: int(np.argmin(np.abs(sizes - wanted))) + 1]
    return np.flatnonzero(np.isin(members, taken))


def _fold(
    count: int,
    fold: Fold,
    rng: np.random.Generator,
    labels: np.ndarray | None,
    groups: np.ndarray | None,
    times: np.ndarray | None,
) -> np.ndarray:
    """Return the examples of a fold: those of each class, or whole groups, are dealt out in turn, in random order."""
    if times is not None:
        raise DataError("cross_validation: later examples would be used to predict earlier ones; leave out data.time")
    names, members = np.unique(np.arange(count) if groups is None else groups, return_inverse=True)
    if len(names) < fold.of:
        what = "examples" if groups is None else "groups"
        raise DataError(f"cross_validation: {len(names)} {what} are too few for {fold.of} folds; take fewer")
    order = rng.permutation(len(names))
    if groups is None and labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    if groups is not None:  # the largest first, so that folds get similar sizes
        order = order[np.argsort(-np.bincount(members)[order], kind="stable")]
    return np.flatnonzero(np.isin(members, order[fold.number - 1 :: fold.of]))
