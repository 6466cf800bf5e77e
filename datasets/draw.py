"""The contract of a draw: random numbers that belong to examples, whatever the order in which they are read."""

from __future__ import annotations

import math
from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import DTypeLike

GAMMA = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio, and odd
STEP = np.array(GAMMA, np.uint64)  # an array, as are those that follow: NumPy takes them faster than numbers
UNUSED = np.array(11, np.uint64)  # bits that a float64 has no room for
SHIFTS = tuple(np.array(bits, np.uint64) for bits in (30, 27, 31))
FACTORS = tuple(np.array(factor, np.uint64) for factor in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB))

BLOCK = 1 << 14  # numbers at a time


class Draw:
    """Random numbers for the examples of a batch, all at once.

        def __call__(self, batch, draw):            # (n, C, H, W)
            flipped = draw.coin(0.5)                # (n,) bool
            noise = draw.normal(size=(28, 28))      # (n, 28, 28) float64

    The numbers of an example depend only on the seed, the name, the epoch, the example's index, and on how many calls
    of this draw came before. So an example gets the same numbers in any batch, with any number of workers, and after a
    resume. Every name has its own numbers: give each of several users a `named` draw, and one that asks for more does
    not change what the others get.

    The generator is SplitMix64 (G. L. Steele, D. Lea, C. H. Flood: Fast splittable pseudorandom number generators,
    OOPSLA 2014), a hash of a counter: number k of a stream is mix(key + k GAMMA). One stream gives each example the key
    of its own stream. Only `normal` and `beta` use functions whose last bit may differ between machines.

    Args:
        seed: The seed of the run.
        epoch: Counted from 0.
        indices: The indices of the examples in their split, (n,).
        name: The name of the user of these numbers.
    """

    __slots__ = ("_keys", "_used", "epoch", "indices", "name", "seed")

    def __init__(self, seed: int, epoch: int, indices: np.ndarray, name: str = "") -> None:
        self.seed, self.epoch, self.indices, self.name = seed, epoch, indices, name
        self._keys: np.ndarray | None = None  # (n,), the start of each example's stream
        self._used = 0  # numbers of each stream so far

    def named(self, name: str) -> Draw:
        """Return a draw of other numbers for the same examples in the same epoch, from the beginning."""
        return Draw(self.seed, self.epoch, self.indices, f"{self.name}/{name}" if self.name else name)

    def uniform(self, low: float = 0.0, high: float = 1.0, size: tuple[int, ...] = ()) -> np.ndarray:
        """Return float64 (n, *size), uniformly distributed over [low, high)."""
        return low + (high - low) * self._unit(size)

    def integers(self, n: int | np.ndarray, size: tuple[int, ...] = ()) -> np.ndarray:
        """Return int64 (n, *size) in [0, n), equally likely; n is at most 2**32, a number or an array to broadcast."""
        return (self._unit(size) * n).astype(np.int64)

    def coin(self, p: float, size: tuple[int, ...] = ()) -> np.ndarray:
        """Return bools (n, *size), each true with probability p."""
        return self._unit(size) < p

    def normal(
        self, mean: float = 0.0, std: float = 1.0, size: tuple[int, ...] = (), dtype: DTypeLike = np.float64
    ) -> np.ndarray:
        """Return (n, *size), normally distributed, by Box and Muller's transform of two uniform numbers.

        Args:
            mean, std: The mean and standard deviation of the distribution.
            size: The shape of the numbers of an example.
            dtype: float64; float32 computes from the same numbers, many times as fast, to the precision of this type.
        """
        if np.dtype(dtype) == np.float32:
            return self._normals(mean, std, size)
        radius = np.sqrt(-2 * np.log(1 - self._unit(size)))  # 1 - u is in (0, 1]
        return mean + std * radius * np.cos(2 * np.pi * self._unit(size))

    def beta(self, alpha: float, size: tuple[int, ...] = ()) -> np.ndarray:
        """Return float64 (n, *size) in [0, 1], distributed as Beta(alpha, alpha) with alpha > 0.

        It is ½ + ½ t / √(1 + t²), where t = √(u^(−1/α) − 1) cos 2πv of two uniform numbers is Student's t with 2α
        degrees of freedom, divided by √2α (R. W. Bailey: Polar generation of random variates with the t-distribution,
        Mathematics of Computation, 1994). Nothing is rejected, so every example takes two numbers.
        """
        w = (1 - self._unit(size)) ** (1 / alpha)  # 1 - u is in (0, 1]; w may become 0, and t infinite
        cos = np.cos(2 * np.pi * self._unit(size))
        square = cos * cos * (1 - w)  # t² w
        beta: np.ndarray = 0.5 + np.copysign(0.5 * np.sqrt(square / (square + w)), cos)
        return beta

    def _normals(self, mean: float, std: float, size: tuple[int, ...]) -> np.ndarray:
        """Return float32 (n, *size) as `normal` does, in parts that the processor's cache holds."""
        keys, count = self._starts(), math.prod(size)
        found = np.empty((len(keys), count), np.float32)
        first, self._used = self._used + 1, self._used + 2 * count
        examples = max(1, BLOCK // max(1, count))
        for start in range(0, len(keys), examples):
            part = slice(start, start + examples)
            radius = found[part]
            bits = _bits(keys[part], first, count)
            rest = np.subtract(2**53, bits, out=bits) * 2.0**-53  # 1 - u; near 1, float32 has too few digits
            np.multiply(np.log(rest, out=rest), -2, out=radius, casting="same_kind")
            np.sqrt(radius, out=radius)
            angle = _bits(keys[part], first + count, count).astype(np.float32)
            angle *= 2 * math.pi * 2.0**-53
            radius *= np.cos(angle, out=angle)
            radius *= std
            radius += mean
        return found.reshape(len(keys), *size)

    def _unit(self, size: tuple[int, ...]) -> np.ndarray:
        """Return float64 (n, *size) in [0, 1), multiples of 2**-53."""
        keys, count = self._starts(), math.prod(size)
        first, self._used = self._used + 1, self._used + count
        return (_bits(keys, first, count) * 2.0**-53).reshape(len(keys), *size)

    def _starts(self) -> np.ndarray:
        """Return the start of each example's stream, uint64 (n,)."""
        if self._keys is None:
            key = _key(f"{self.seed} {self.epoch} {self.name}")
            self._keys = _mix(np.asarray(self.indices).astype(np.uint64) * STEP + key)
        return self._keys


def _bits(keys: np.ndarray, first: int, count: int) -> np.ndarray:
    """Return the numbers `first` and so on of each stream, int64 (n, count) in [0, 2**53)."""
    if count == 1:  # as below, with fewer calls
        bits = _mix(keys + STEP * first)[:, np.newaxis]
    else:
        bits = _mix(np.add.outer(keys, np.arange(first, first + count, dtype=np.uint64) * STEP))
    bits >>= UNUSED
    return bits.view(np.int64)  # which NumPy turns into floats twenty times as fast


@lru_cache(1024)
def _key(words: str) -> np.ndarray:
    """Return the start of a stream: the first 64 bits of a hash, as an array ()."""
    return np.array(int.from_bytes(sha256(words.encode()).digest()[:8], "little"), np.uint64)


def _mix(z: np.ndarray) -> np.ndarray:
    """Scramble uint64 in place, as SplitMix64 does."""
    shifted = z >> SHIFTS[0]
    z ^= shifted
    for factor, shift in zip(FACTORS, SHIFTS[1:], strict=True):
        z *= factor
        z ^= np.right_shift(z, shift, out=shifted)
    return z
