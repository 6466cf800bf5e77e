"""The order of examples, and the batches they make."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trainer.ground.options import check_range


def batches(
    count: int, batch_size: int, rng: np.random.Generator | None = None, drop_last: bool = False
) -> Iterator[np.ndarray]:
    """Yield arrays of indices that together visit each of `count` examples once; the last one may be shorter.

    The order is a permutation drawn from `rng`, or sequential without one. With drop_last, a shorter batch at the end
    is left out.
    """
    check_range("batch_size", batch_size, "[1, inf)")
    order = np.arange(count) if rng is None else rng.permutation(count)
    for start in range(0, number_of_batches(count, batch_size, drop_last) * batch_size, batch_size):
        yield order[start : start + batch_size]


def number_of_batches(count: int, batch_size: int, drop_last: bool = False) -> int:
    """Return how many arrays `batches` yields."""
    return count // batch_size if drop_last else -(-count // batch_size)
