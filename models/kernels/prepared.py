"""Calls made once and repeated at every step.

The arrays of a step are the same objects at every step, and making views of them takes NumPy longer than computing with
small ones. So a kernel makes its calls, each with its views, when it meets new arrays, and afterwards only calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import is_, setitem

import numpy as np

Call = Callable[[], object]


class Prepared:
    """What ``make`` gives for some arrays, done at every call with them.

    Args:
        make: The calls, in order, for the arrays (or None) that :meth:`__call__` gets.
    """

    def __init__(self, make: Callable[..., Sequence[Call]]) -> None:
        self._make = make
        self._arrays: tuple[np.ndarray | None, ...] | None = None
        self._calls: Sequence[Call] = ()

    def __call__(self, *arrays: np.ndarray | None) -> None:
        if self._arrays is None or not all(map(is_, arrays, self._arrays)):
            self._arrays, self._calls = arrays, self._make(*arrays)
        for call in self._calls:
            call()


def copy(target: np.ndarray, source: np.ndarray) -> Call:
    """``target[...] = source``: half the time of np.copyto where the arrays are tiny."""
    return partial(setitem, target, ..., source)
