"""Parameters and gradients as views of flat buffers.

All learned parameters of a network lie in one array, in the order of the graph, and their gradients in another. So an
optimizer is one rule over a flat array, and workers exchange gradients by adding two arrays. Parameters that are kept
but not learned, such as running statistics, lie in a third array.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from trainer.models.layer import Parameter, Shape
from trainer.models.memory import aligned_empty

LINE = 16  # every array begins on a cache line of float32


class Segment(NamedTuple):
    """Where a learned parameter lies in the flat arrays, or in a part of them."""

    name: str  # "conv1.weight"
    shape: Shape  # of the whole parameter
    slice: slice  # of its elements; shorter than the shape if the part cuts the parameter


class ParameterStore:
    """The parameters of a graph under their names (``conv1.weight``).

    Args:
        declared: Name to parameter, in order.
        dtype: float32 or float64.
        allocate: Returns a flat array of a given size; workers pass one in shared memory. It is called for ``data``
            (learned), ``kept`` (not learned) and, unless given, the shard's own ``gradients``.
    """

    def __init__(
        self,
        declared: Mapping[str, Parameter],
        dtype: np.dtype | str = "float32",
        allocate: Callable[[str, int, np.dtype], np.ndarray] | None = None,
    ) -> None:
        self.declared = dict(declared)
        self.dtype = np.dtype(dtype)
        allocate = allocate or (lambda _, size, kind: aligned_empty(size, kind))
        self._learned = learned = [name for name, p in self.declared.items() if p.trainable]
        kept = [name for name, p in self.declared.items() if not p.trainable]
        self.data = allocate("data", self._extent(learned), self.dtype)
        self.kept = allocate("kept", self._extent(kept), self.dtype)
        self.gradients = allocate("gradients", self.data.size, self.dtype)
        for flat in (self.data, self.kept, self.gradients):
            flat.fill(0)  # the gaps between arrays too, since an optimizer walks over them
        self._arrays = self.views(self.data) | self._views(kept, self.kept)
        self._gradients = self.views(self.gradients)

    def views(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """Return a view for each learned parameter, in its shape, of an array laid out like ``data``."""
        return self._views(self._learned, flat)

    def segments(self, part: slice = slice(None)) -> tuple[Segment, ...]:
        """Return the learned parameters that lie in ``part`` of the flat arrays, in order.

        Their slices count from the beginning of the part. Gaps of zeros may lie between them.
        """
        first, last, _ = part.indices(self.data.size)
        found, start = [], 0
        for name in self._learned:
            shape = self.declared[name].shape
            stop = start + math.prod(shape)
            if max(start, first) < min(stop, last):
                found.append(Segment(name, shape, slice(max(start, first) - first, min(stop, last) - first)))
            start += self._extent([name])
        return tuple(found)

    def uncut(self, part: slice) -> slice:
        """Return ``part`` moved so that it cuts no parameter; parts that cover the arrays still do so afterwards."""
        ends = [0]
        for name in self._learned:
            ends.append(ends[-1] + self._extent([name]))
        start, stop = (next(end for end in ends if end >= place) for place in part.indices(self.data.size)[:2])
        return slice(start, stop)

    def _extent(self, names: list[str]) -> int:
        return sum(-(-math.prod(self.declared[name].shape) // LINE) * LINE for name in names)

    def _views(self, names: list[str], flat: np.ndarray) -> dict[str, np.ndarray]:
        views, start = {}, 0
        for name in names:
            shape = self.declared[name].shape
            views[name] = flat[start : start + math.prod(shape)].reshape(shape)
            start += -(-math.prod(shape) // LINE) * LINE
        return views

    def initialize(self, generator: Callable[[str], np.random.Generator]) -> None:
        """Give every parameter its initial value, each from the stream of its own name."""
        for name, parameter in self.declared.items():
            self._arrays[name][...] = parameter.initializer(parameter.shape, generator(name))

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.declared)

    def __len__(self) -> int:
        return len(self.declared)

    def gradient(self, name: str) -> np.ndarray:
        """Return the gradient of the loss with respect to a learned parameter. Raises KeyError for a kept one."""
        return self._gradients[name]
