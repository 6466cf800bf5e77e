"""Sums over examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np


@dataclass
class Tally:
    """What is counted over examples.

    Attributes:
        examples: How many.
        sums: By name: "loss", and the measures of the problem.
        fault: Where a value arose that is not finite; such a step changes no parameter.
    """

    examples: int = 0
    sums: dict[str, float | np.ndarray] = field(default_factory=dict)
    fault: str | None = None

    def add(self, other: Tally) -> None:
        """Add the sums of other examples, in double precision."""
        self.examples += other.examples
        for name, value in other.sums.items():
            self.sums[name] = self.sums.get(name, 0.0) + (value if isinstance(value, np.ndarray) else float(value))

    @property
    def loss(self) -> float:
        return float(self.sums.get("loss", 0.0))

    @property
    def mean_loss(self) -> float | None:
        return self.loss / self.examples if self.examples else None

    def numbers(self) -> list[float]:
        """Return all sums as one row of numbers, the number of examples first."""
        if not self._has_vectors():
            return [self.examples, *self.sums.values()]
        return [self.examples, *chain.from_iterable(np.ravel(value).tolist() for value in self.sums.values())]

    def filled(self, row: Sequence[float]) -> Tally:
        """Return a tally of the sums in `row`, which are in the order of `numbers`."""
        examples, *values = row
        if not self._has_vectors():
            return Tally(int(examples), dict(zip(self.sums, values, strict=True)))
        left = iter(values)
        sums = {
            name: np.array([*islice(left, value.size)]) if isinstance(value, np.ndarray) else next(left)
            for name, value in self.sums.items()
        }
        return Tally(int(examples), sums)

    def uncounted(self) -> Tally:
        """Return the same sums of no examples: all zero."""
        return self.filled([0.0] * len(self.numbers()))

    def _has_vectors(self) -> bool:
        return np.ndarray in map(type, self.sums.values())
