"""Ctrl-C and SIGTERM: the step is finished first; the second one does not wait."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS: dict[int, str] = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


class Interrupted(KeyboardInterrupt):
    """A signal ended the run. One line; `signal` is its number."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.signal = number


@contextmanager
def signals(stop: Callable[[str], None]) -> Iterator[list[int]]:
    """Call `stop` at the first signal and raise Interrupted at the next; gives the list of those that came.

    In a thread other than the main one, where no signal arrives, this does nothing.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return

    def handle(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            raise Interrupted(number, SIGNALS[number])
        stop(SIGNALS[number])

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
