"""The contract of a source: examples by number, wherever they are stored."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from trainer.datasets.draw import Draw

INPUT, TARGET, WEIGHT = "input", "target", "weight"
CHUNK, CHUNK_BYTES = 1 << 16, 1 << 23  # most examples, and bytes, that `chunks` reads at a time


@dataclass(frozen=True)
class Field:
    """One array of every example: its shape, and the type in which a source reads it.

    In a network's input, uint8 means pixels, which become floats in [0, 1], and floats are values; both are then
    normalised by the mean and std of the data set. Other integers and bools, such as token numbers or a mask, reach the
    network unchanged.
    """

    shape: tuple[int, ...]
    dtype: np.dtype | str = "float32"

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(size) for size in self.shape))
        object.__setattr__(self, "dtype", np.dtype(self.dtype))

    @property
    def is_integer(self) -> bool:
        """Whether a network gets integers or bools, not floats."""
        return np.dtype(self.dtype).kind in "iub" and self.dtype != np.uint8

    def empty(self, count: int) -> np.ndarray:
        """Return an array (count, *shape) to read this many examples into."""
        return np.empty((count, *self.shape), self.dtype)

    @property
    def nbytes(self) -> int:
        """How many bytes it takes per example."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


class Source(ABC):
    """Examples numbered from 0, all with the same named fields; nothing is read before it is needed.

        class Squares(Source):
            fields = {"input": Field((1,)), "target": Field((1,))}

            def __len__(self):
                return 1000

            def read(self, indices, out, draw):
                for name, power in (("input", 1), ("target", 2)):
                    if name in out:
                        out[name][:, 0] = (indices / 1000) ** power

    The field "target" is what is to be learned: int64 labels of shape (), or floats (K,). A field "weight", a float of
    shape (), says how many times an example counts in training. All others are inputs of the network, in their order; a
    single one is called "input".

    Every worker process gets the source pickled, and reads examples itself. The pickle contains no arrays: those in
    memory (np.ndarray) move to memory that all workers share, and those mapped from a file (a whole np.memmap) are
    mapped again. Leave out what cannot be pickled, such as an open file, in ``__getstate__``, and open it again when it
    is first needed.

    Attributes:
        fields: Shape and type of each field of one example, by name.
    """

    fields: Mapping[str, Field]

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of examples."""

    @abstractmethod
    def read(self, indices: np.ndarray, out: Mapping[str, np.ndarray], draw: Draw | None) -> None:
        """Read the fields that `out` names, and no others, of the examples at `indices`.

        Args:
            indices: (n,) int64, each in [0, len(self)), in any order, perhaps with repetitions.
            out: For each wanted field, a C-contiguous array (n, *shape) of its type, to be filled.
            draw: The random numbers of these examples in this epoch, while a network trains on them. Otherwise None,
                and an example is always the same.

        Raises:
            DataError: An example cannot be read; the message names the file.
        """

    @property
    def drawn(self) -> Mapping[str, Field]:
        """Shape and type of each field as read with random numbers: mixed classes become the share of each."""
        return self.fields

    def subset(self, indices: np.ndarray) -> Source:
        """Return the examples at `indices` (n,) as a source; examples that are mixed are mixed with each other."""
        return Subset(self, indices)

    def place(self, index: int) -> str:
        """Return where an example comes from, such as its file; empty if it has only a number."""
        return ""

    def chunks(self, name: str) -> Iterator[np.ndarray]:
        """Yield one field of all examples in arrays (n, *shape), at least one, which may be empty."""
        field = self.fields[name]
        count = min(CHUNK, max(1, CHUNK_BYTES // max(1, field.nbytes)))
        for start in range(0, max(1, len(self)), count):
            indices = np.arange(start, min(start + count, len(self)))
            chunk = field.empty(len(indices))
            self.read(indices, {name: chunk}, None)
            yield chunk

    def read_all(self, name: str) -> np.ndarray:
        """Return one field of all examples, (N, *shape); it must fit in memory."""
        field, start = self.fields[name], 0
        whole = field.empty(len(self))
        for chunk in self.chunks(name):
            whole[start : start + len(chunk)] = chunk
            start += len(chunk)
        return whole

    @property
    def inputs(self) -> np.ndarray:
        """`read_all` of the only input."""
        return self.read_all(INPUT)

    @property
    def targets(self) -> np.ndarray:
        """`read_all` of the targets."""
        return self.read_all(TARGET)


class Subset(Source):
    """Some examples of a source, in any order, as a list of their numbers without copies.

    Args:
        source: The source.
        indices: Numbers of the examples in the source, (n,).
    """

    def __init__(self, source: Source, indices: np.ndarray) -> None:
        indices = np.asarray(indices, np.int64)
        if isinstance(source, Subset):
            indices, source = source.indices[indices], source.source
        self.source: Source = source
        self.indices: np.ndarray = indices
        self.fields = source.fields

    def __len__(self) -> int:
        return len(self.indices)

    def read(self, indices: np.ndarray, out: Mapping[str, np.ndarray], draw: Draw | None) -> None:
        self.source.read(self.indices[indices], out, draw)

    @property
    def drawn(self) -> Mapping[str, Field]:
        return self.source.drawn

    def place(self, index: int) -> str:
        return self.source.place(self.indices[index])
