"""Choice of examples for validation or test: at random, by class, by group, or the latest."""

from __future__ import annotations

import numpy as np

from trainer.datasets.errors import DataError


def apart(
    count: int,
    wanted: int,
    rng: np.random.Generator,
    *,
    labels: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
) -> np.ndarray:
    """Return the indices of the examples to set apart, sorted.

    Args:
        count: Number of examples.
        wanted: How many to set apart; with groups, approximately.
        rng: Decides which; times need none.
        labels: Classes (N,); a share of each class is set apart, and each keeps an example.
        groups: Groups (N,), such as patients, whose examples stay together.
        times: Times (N,); the latest are set apart, and among equal times the later rows.

    Raises:
        DataError: There is only one group.
    """
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
