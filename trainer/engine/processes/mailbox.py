"""Commands from the main process to its workers."""

import pickle
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import numpy as np

from trainer.engine.processes.communicator import fence, full_fence, give_way
from trainer.engine.processes.memory import LINE, Layout

ATTENTION = 0.002  # seconds of watching the bell before sleeping: longer than the loop takes between two steps
ROOM = 4096  # bytes of a command beside its indices

_STRIDE = LINE // 8


class Mailbox:
    """One command for all workers, in shared memory, and a bell that has rung once for each command so far.

    Waking a worker takes fifty microseconds, so a worker watches the bell for a while and sleeps only if nothing comes.
    The next command may be sent when all have taken part in the one before; every step makes sure of that.

    Args:
        arrays: Shared by all, as `layout` describes them.
    """

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self._command, self._bell, self._asleep = (memoryview(arrays[n]) for n in ("command", "bell", "asleep"))

    @staticmethod
    def layout(size: int, indices: int) -> Layout:
        """Return the shared arrays of `size` processes, for commands of up to this many indices."""
        flags = {"bell": ((_STRIDE,), "<i8"), "asleep": ((size * _STRIDE,), "<i8")}
        return {"command": ((ROOM + 8 * indices,), "|u1"), **flags}

    def send(self, command: Any) -> list[int]:
        """Give all workers a command, and return the ranks of those that must be woken."""
        pickled = pickle.dumps(command, pickle.HIGHEST_PROTOCOL)
        self._command[: len(pickled)] = pickled
        fence()
        self._bell[0] += 1
        full_fence()  # a worker that is not seen asleep now will see the bell before it sleeps
        flags = self._asleep.tolist()[::_STRIDE]
        return [rank for rank, asleep in enumerate(flags) if asleep]

    def commands(self, rank: int, sleep: Callable[[], bool], awake: Callable[[], None]) -> Iterator[Any]:
        """Yield the commands as worker `rank` gets them.

        Args:
            rank: The rank of the worker.
            sleep: Returns when this worker is woken, perhaps without a command; False if no command will come any more.
            awake: Called when a command has come after a sleep.
        """
        bell, heard = self._bell, 0
        while True:
            deadline = perf_counter() + ATTENTION
            while bell[0] == heard and perf_counter() < deadline:
                give_way()
            if bell[0] == heard:
                self._asleep[rank * _STRIDE] = 1
                full_fence()
                while bell[0] == heard:
                    if not sleep():
                        return
                self._asleep[rank * _STRIDE] = 0
                awake()
            fence()
            heard += 1
            yield pickle.loads(self._command)
