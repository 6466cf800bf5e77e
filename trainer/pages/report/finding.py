"""Something notable about a run, in words, and helpers to find it in the figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from math import floor, log10, sqrt

import numpy as np

from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import Predictions

WEIGHTED = ("Linear", "Conv2d")
"""Layers whose weights multiply their inputs, each weight about as often: their gradients can be compared."""

FALLEN = 0.1  # a rate below this share of its maximum has come to its end


@dataclass(frozen=True)
class Finding:
    """Something notable about a run.

    Attributes:
        text: One sentence, with the figure that shows it.
        section: The anchor of the report's section where it can be seen.
        advice: What to try.
        urgent: Whether the network is useless until it is fixed.
    """

    text: str
    section: str
    advice: str
    urgent: bool = False


def tested(facts: Facts) -> Predictions | None:
    """Return what the network makes of the test, or of the validation; None where it is not known, or the run failed.

    Raises:
        UserError, OSError: The data cannot be read.
    """
    return None if facts.status == "failed" else facts.predictions


def column(facts: Facts, name: str) -> np.ndarray:
    """Return a column of metrics.csv, (E,) float64, NaN where it has no number; empty if there is none."""
    return np.array([np.nan if value is None else value for value in facts.history.get(name, ())], np.float64)


def by_layer(facts: Facts, figure: str, kinds: Collection[str] = ()) -> tuple[list[int], dict[str, np.ndarray]]:
    """Return the epochs of layers.csv, and of each layer that has a figure its values (E,), in the network's order.

    NaN marks a missing value. If `kinds` are given, only layers of these are returned. Epoch 0 is left out: it is a
    single step, too little to judge by.
    """
    rows = [row for row in facts.layers if row["epoch"]]
    epochs = sorted({row["epoch"] for row in rows})
    places = {epoch: place for place, epoch in enumerate(epochs)}
    found: dict[str, np.ndarray] = {}
    for row in rows:
        if (value := row.get(figure)) is not None and (not kinds or row["kind"] in kinds):
            found.setdefault(row["layer"], np.full(len(epochs), np.nan))[places[row["epoch"]]] = value
    return epochs, found


def since(epochs: Collection[int], holds: np.ndarray) -> int | None:
    """Return the epoch from which a condition, bool (E,), holds until the end; None if it does not hold at the end."""
    if not holds.size or not holds[-1]:
        return None
    return [*epochs][len(holds) - int(np.argmin(holds[::-1])) if not holds.all() else 0]


def is_annealed(facts: Facts) -> bool:
    """Return whether the learning rate has been annealed, so that no further progress is expected."""
    rates = column(facts, "lr")
    return bool(rates.size and rates[-1] < FALLEN * rates.max())


def deviation(share: float, count: int) -> float:
    """Return the standard deviation of a share of this many examples: of a binomial distribution, of at least one."""
    share = min(max(share, 1 / (count + 1)), count / (count + 1))
    return sqrt(share * (1 - share) / count)


def times(factor: float) -> str:
    """Return a large factor as text, rounded to one digit: "3,000"."""
    size = 10 ** floor(log10(factor))
    return f"{round(factor / size) * size:,}"


def listed(names: Iterable[str], most: int = 3) -> str:
    """Return "a", "a and b", or "a, b, c and 4 more"."""
    names = list(names)
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
