"""Which examples are set apart, for validation or test: at random, by class, by group, or the latest."""

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
        count: Examples in all.
        wanted: How many to set apart; with groups, about so many.
        rng: Decides which; times need none.
        labels: (N,) classes, each of which gets its share of those set apart, and keeps an example.
        groups: (N,) whose examples stay together, such as the patient each is of.
        times: (N,) the latest are set apart; of equal times, the later rows.

    Raises:
        DataError: There is but one group.
    """
    if times is not None:
        return np.sort(np.argsort(times, kind="stable")[count - wanted :])
    if groups is not None:
        return _whole_groups(groups, wanted, rng)
    if labels is not None:
        return _of_each_class(labels, wanted, rng)
    return np.sort(rng.permutation(count)[:wanted])


def _of_each_class(labels: np.ndarray, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """Return a share of each class; what the shares lack by rounding goes to the largest remainders."""
    classes, counts = np.unique(labels, return_counts=True)
    shares = counts * (wanted / len(labels))
    taken = np.minimum(np.floor(shares), counts - 1).astype(int)
    for place in np.argsort(taken - shares, kind="stable"):
        if taken.sum() < wanted and taken[place] < counts[place] - 1:
            taken[place] += 1
    chosen = [rng.permutation(np.flatnonzero(labels == c))[:n] for c, n in zip(classes, taken, strict=True)]
    return np.sort(np.concatenate(chosen))


def _whole_groups(groups: np.ndarray, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """Return the examples of as many groups, in random order, as come nearest to the wanted number."""
    names, members, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise DataError(f"all examples are of one group, {names[0]}; name another column, or split without groups")
    order = rng.permutation(len(names))
    sizes = np.cumsum(counts[order])[:-1]  # one group at least stays
    taken = order[: int(np.argmin(np.abs(sizes - wanted))) + 1]
    return np.flatnonzero(np.isin(members, taken))
