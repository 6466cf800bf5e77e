"""The contract of a source: examples by number, wherever they lie."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from trainer.datasets.draw import Draw

INPUT, TARGET = "input", "target"
CHUNK = 1 << 16  # examples read at a time by who wants one field of all


@dataclass(frozen=True)
class Field:
    """One array of every example: the shape of one, and the type in which a source reads it.

    As an input of a network uint8 are pixels, which become floats in [0, 1], and floats are values; both are then
    normalised by the mean and std of the data set. Other integers and bool, such as the numbers of tokens or a mask,
    reach the network as they are.
    """

    shape: tuple[int, ...]
    dtype: np.dtype | str = "float32"

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(size) for size in self.shape))
        object.__setattr__(self, "dtype", np.dtype(self.dtype))

    @property
    def is_integer(self) -> bool:
        """Whether a network gets it as integers or bool, not as floats."""
        return np.dtype(self.dtype).kind in "iub" and self.dtype != np.uint8


class Source(ABC):
    """Examples numbered from 0, each of the same named fields; nothing is read before it is wanted.

        class Squares(Source):
            fields = {"input": Field((1,)), "target": Field((1,))}

            def __len__(self):
                return 1000

            def read(self, indices, out, draw):
                for name, power in (("input", 1), ("target", 2)):
                    if name in out:
                        out[name][:, 0] = (indices / 1000) ** power

    The field "target" is what is to be learned: int64 labels of shape (), or floats (K,). All others are inputs of the
    network, in their order; a single one is called "input".

    Its pickle is its description: every worker process gets one, and reads for itself. Arrays within are not copied
    into it: those in memory (np.ndarray) come to lie in memory that all workers share, those mapped from a file (a
    whole np.memmap) are mapped again. What cannot be pickled, such as an open file, is left out by ``__getstate__`` and
    opened again when it is first needed.

    Attributes:
        fields: Shape and type of each field of one example, by name.
    """

    fields: Mapping[str, Field]

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of examples."""

    @abstractmethod
    def read(self, indices: np.ndarray, out: Mapping[str, np.ndarray], draw: Draw | None) -> None:
        """Read the fields that `out` names, and no other, of the examples at `indices`.

        Args:
            indices: (n,) int64, each at least 0 and less than len(self); in any order, not all different.
            out: By name of a field an array (n, *shape) of its type, C-contiguous, to be filled.
            draw: The random numbers of these examples in this epoch, while a network trains on them; None otherwise:
                then an example is always the same.

        Raises:
            DataError: An example cannot be read; names the file.
        """

    def chunks(self, name: str) -> Iterator[np.ndarray]:
        """One field of all examples, some at a time: arrays (n, *shape); at least one, if only an empty one."""
        field = self.fields[name]
        for start in range(0, max(1, len(self)), CHUNK):
            indices = np.arange(start, min(start + CHUNK, len(self)))
            chunk = np.empty((len(indices), *field.shape), field.dtype)
            self.read(indices, {name: chunk}, None)
            yield chunk

    def read_all(self, name: str) -> np.ndarray:
        """One field of all examples, (N, *shape): for what fits in memory."""
        return np.concatenate(list(self.chunks(name)))

    @property
    def inputs(self) -> np.ndarray:
        """`read_all` of the only input."""
        return self.read_all(INPUT)

    @property
    def targets(self) -> np.ndarray:
        """`read_all` of the targets."""
        return self.read_all(TARGET)


class Subset(Source):
    """Some examples of a source, in any order: their numbers, no copies.

    Args:
        source: Of which they are.
        indices: (n,) their numbers in it.
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
