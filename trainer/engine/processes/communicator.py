"""How workers exchange data during a step, through shared memory."""

import os
import platform
import time
from collections.abc import Callable, Sequence
from itertools import count
from threading import Lock

import numpy as np

from trainer.engine.processes.memory import LINE
from trainer.models.communicator import Communicator

AREA = 1 << 16  # bytes that a worker can send in one exchange; more takes several

SPINS = 2000  # looks at another's counter, 30 ns each, before giving way to other processes
YIELDS = 5000  # further looks, 0.6 µs each, before sleeping between them
LONGEST_SLEEP = 0.02

_STRIDE = LINE // 8  # one counter per cache line: waiting workers must not slow down one that writes
give_way = getattr(os, "sched_yield", lambda: time.sleep(0))  # Windows has no sched_yield


def share(count: int, rank: int, size: int, unit: int = 16) -> slice:
    """Return the part of `count` elements for worker `rank` of `size`: contiguous, as even as whole units allow.

    A unit of 16 float32 is a cache line.
    """
    units = -(-count // unit)
    start, stop = (min(units * r // size * unit, count) for r in (rank, rank + 1))
    return slice(start, stop)


class Barrier:
    """Waits by watching counters in shared memory: about a microsecond, where the system's own would take fifty.

    A worker adds one to its own counter and waits until no other counter is behind. While it waits it calls `check` now
    and then, which raises if a worker will never come.
    """

    def __init__(self, counters: np.ndarray, rank: int, size: int, check: Callable[[], None]) -> None:
        self._counters = memoryview(counters)  # reading it takes half the time of reading an array
        self._mine = rank * _STRIDE
        self._others = [other * _STRIDE for other in range(size) if other != rank]
        self._check = check
        self._turn = 0

    def __call__(self) -> None:
        counters, turn = self._counters, self._turn + 1
        self._turn = turn
        fence()
        counters[self._mine] = turn
        for place in self._others:
            if counters[place] < turn:
                self._wait(place, turn)
        fence()

    def _wait(self, place: int, turn: int) -> None:
        counters = self._counters
        for _ in range(SPINS):
            if counters[place] >= turn:
                return
        for _ in range(YIELDS):
            if counters[place] >= turn:
                return
            give_way()
        for attempt in count(1):
            if counters[place] >= turn:
                return
            self._check()
            time.sleep(min(attempt * 1e-4, LONGEST_SLEEP))


class SharedMemoryCommunicator(Communicator):
    """Workers that share memory: they all use the same arrays of parameters, so publishing these only means waiting.

    Args:
        rank, size: The number of this worker, from 0, and how many there are.
        arrays: Shared by all, as `layout` describes them.
        gradients: The gradients of each worker, flat and shared.
        check: See Barrier.
        mine: The part of the flat arrays that this worker updates; None: as even a share as cache lines allow.

    Attributes:
        barrier: Waits until all workers have come to it.
    """

    def __init__(
        self,
        rank: int,
        size: int,
        arrays: dict[str, np.ndarray],
        gradients: Sequence[np.ndarray],
        check: Callable[[], None],
        mine: slice | None = None,
    ) -> None:
        self.rank, self.size = rank, size
        self.barrier: Callable[[], None] = Barrier(arrays["counters"], rank, size, check)
        self._area = arrays["exchange"]
        self._turn = 0
        self._split = True  # whether every worker has its own examples in this batch
        self._being_read = False  # whether others may still read this worker's gradients
        self._mine = share(gradients[0].size, rank, size) if mine is None else mine
        self._parts = [each[self._mine] for each in gradients]

    @staticmethod
    def layout(size: int) -> dict:
        """Return the shared arrays that `size` workers need for their exchanges."""
        return {"counters": ((size * _STRIDE,), "<i8"), "exchange": ((2, size, AREA), "|u1")}

    def part(self, batch: int) -> slice:
        self._split = batch >= self.size
        return share(batch, self.rank, self.size, unit=1) if self._split else slice(0, batch)

    def sum(self, values: np.ndarray) -> np.ndarray:
        flat = values.reshape(-1, copy=False)
        longest = AREA // values.itemsize
        for start in range(0, flat.size, longest):
            self._sum(flat[start : start + longest])
        return values

    def total(self, values: np.ndarray) -> np.ndarray:
        split, self._split = self._split, True
        try:
            self.sum(values)
        finally:
            self._split = split
        self._being_read = False  # workers come here only after `reduce`
        return values

    def _sum(self, values: np.ndarray) -> None:
        """Sum values that fit the area.

        One barrier is enough: the next exchange uses the other half of the area, and no worker gets to the one after
        it before all have read this one.
        """
        self._turn = 1 - self._turn
        sent = self._area[self._turn, :, : values.nbytes].view(values.dtype)
        sent[self.rank] = values
        self.barrier()
        if self._split:
            np.add.reduce(sent, axis=0, out=values)

    def reduce(self, gradients: np.ndarray) -> slice:
        """Add the others' gradients to `gradients`, which must be those that the constructor was given."""
        self.barrier()
        if self._split:
            mine = self._parts[self.rank]
            for other in self._parts[: self.rank] + self._parts[self.rank + 1 :]:
                np.add(mine, other, out=mine)
        self._being_read = True
        return self._mine

    def before_backward(self) -> None:
        if self._being_read:
            self.barrier()
            self._being_read = False

    def publish(self, parameters: np.ndarray) -> None:
        self.barrier()

    def publish_kept(self, kept: np.ndarray) -> None:
        """Do nothing: `total` makes all wait for worker 0."""


def _memory_is_ordered() -> bool:
    return platform.machine().lower() in ("x86_64", "amd64", "i386", "i686")


def full_fence() -> None:
    """Keep reads and writes before this call from being reordered after it, and the other way round.

    Taking a lock stops later ones from moving before it, and releasing it stops earlier ones from moving after it. To
    stop both, it takes two such pairs in a row.
    """
    for _ in range(2):
        with _lock:
            pass


_lock = Lock()
fence: Callable[[], None] = (lambda: None) if _memory_is_ordered() else full_fence
"""A fence that lets later reads overtake earlier writes. x86 allows no other reordering, so it needs nothing there."""
