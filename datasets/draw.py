"""The contract of a draw: random numbers that belong to examples, not to the order in which they are read."""

from __future__ import annotations

import math
from hashlib import sha256

import numpy as np

GAMMA = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio, and odd


class Draw:
    """Random numbers for the examples of a batch, all at once.

        def __call__(self, batch, draw):            # (n, C, H, W)
            flipped = draw.coin(0.5)                # (n,) bool
            noise = draw.normal(size=(28, 28))      # (n, 28, 28) float64

    The numbers of an example follow from the seed, the name, the epoch and the example's index alone, and from which
    call of this draw it is, counted from 0. So an example gets the same ones whatever batch and worker it comes to,
    with any number of workers, and after any resume. Every name has numbers of its own: who hands a draw on to several
    gives each `named`, so that one which asks for more does not change what the others get.

    They are SplitMix64's (G. L. Steele, D. Lea, C. H. Flood: Fast splittable pseudorandom number generators, OOPSLA
    2014), a hash of a counter: number k of a stream is mix(key + k GAMMA). One stream gives each example a key, which
    begins the stream of that example. Only `normal` uses functions that may differ in their last bit between machines.

    Args:
        seed: Of the run.
        epoch: Counted from 0.
        indices: (n,) of the examples in their split.
        name: Whose numbers these are.
    """

    __slots__ = ("_keys", "_used", "epoch", "indices", "name", "seed")

    def __init__(self, seed: int, epoch: int, indices: np.ndarray, name: str = "") -> None:
        self.seed, self.epoch, self.indices, self.name = seed, epoch, indices, name
        self._keys: np.ndarray | None = None  # (n,) where the stream of each example begins
        self._used = 0  # numbers of each stream so far

    def named(self, name: str) -> Draw:
        """Return a draw of other numbers for the same examples in the same epoch, from the beginning."""
        return Draw(self.seed, self.epoch, self.indices, f"{self.name}/{name}" if self.name else name)

    def uniform(self, low: float = 0.0, high: float = 1.0, size: tuple[int, ...] = ()) -> np.ndarray:
        """Float64 (n, *size), each value of [low, high) as likely as any other."""
        return low + (high - low) * self._unit(size)

    def integers(self, n: int | np.ndarray, size: tuple[int, ...] = ()) -> np.ndarray:
        """Int64 (n, *size) in [0, n), equally likely; n: at most 2**32, for all or, broadcast, for each."""
        return (self._unit(size) * n).astype(np.int64)

    def coin(self, p: float, size: tuple[int, ...] = ()) -> np.ndarray:
        """Bool (n, *size), each true with probability p."""
        return self._unit(size) < p

    def normal(self, mean: float = 0.0, std: float = 1.0, size: tuple[int, ...] = ()) -> np.ndarray:
        """Float64 (n, *size), normally distributed: by Box and Muller's transform of two uniform numbers."""
        radius = np.sqrt(-2 * np.log(1 - self._unit(size)))  # 1 - u is in (0, 1]
        return mean + std * radius * np.cos(2 * np.pi * self._unit(size))

    def _unit(self, size: tuple[int, ...]) -> np.ndarray:
        """Float64 (n, *size) in [0, 1), multiples of 2**-53."""
        if self._keys is None:
            words = f"{self.seed} {self.epoch} {self.name}".encode()
            key = np.uint64(int.from_bytes(sha256(words).digest()[:8], "little"))
            self._keys = _mix(np.asarray(self.indices).astype(np.uint64) * np.uint64(GAMMA) + key)
        count = math.prod(size)
        numbers = np.arange(self._used + 1, self._used + 1 + count, dtype=np.uint64) * np.uint64(GAMMA)
        self._used += count
        bits = _mix(np.add.outer(self._keys, numbers))
        return ((bits >> np.uint64(11)) * 2.0**-53).reshape(len(self._keys), *size)


def _mix(z: np.ndarray) -> np.ndarray:
    """SplitMix64's scrambling of uint64, in place."""
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z
