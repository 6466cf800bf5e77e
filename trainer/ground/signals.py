"""SIGINT (Ctrl-C), SIGTERM and SIGHUP: none is swallowed, none ends in a traceback, the exit code is 128 + its number.

The first signal asks the computation to stop, so that it ends after its step and keeps its results; a second one does
not wait. A program that only uses our functions keeps its own handlers, except while it trains.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from types import FrameType
from typing import Any

from trainer.ground import console
from trainer.ground.errors import UserError

WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}
SIGNALS: dict[int, str] = {getattr(signal, name): word for name, word in WORDS.items() if hasattr(signal, name)}
"""The word for each signal that is handled; Windows has no SIGHUP."""

ONE = 0.1
"""Seconds within which signals count as one: programs such as `timeout` signal a process and then its group."""

_received: list[int] = []
_last = 0.0  # when the last one came
_stop: Callable[[str], None] | None = None  # asks the current computation to end
_starting = _over = False  # nothing that must be closed is open yet, or is still open
_before: dict[int, Any] = {}  # the handlers that ours replace


class Interrupted(KeyboardInterrupt):
    """A signal ended the work. Its text is one line: what happened and how to resume.

    Attributes:
        signal: Its number.
    """

    def __init__(self, number: int, message: str = "") -> None:
        super().__init__(message or SIGNALS[number])
        self.signal = number

    @property
    def bare(self) -> bool:
        """Whether it says no more than which signal came."""
        return str(self) == SIGNALS[self.signal]


def install() -> None:
    """Handle signals from now on: until `ready` is called, a signal ends the program at once.

    Call this before anything slow is imported: an exception in the middle of an import would be shown, or lost, in many
    ways.
    """
    global _starting
    _starting = True
    _take()
    hook = sys.unraisablehook
    # If Python cannot pass one on, as from __del__, the signal is still in `received`: see `finish`.
    sys.unraisablehook = lambda lost: None if isinstance(lost.exc_value, Interrupted) else hook(lost)


def ready() -> None:
    """Raise Interrupted at a signal from now on, instead of exiting: so files are closed and temporary ones removed."""
    global _starting
    _starting = False


def over() -> None:
    """Let a signal end the program at once from now on, as before `ready`: everything is done and closed."""
    global _over
    _over = True


def finish(code: int) -> int:
    """Let signals end this process as the system does: Python would lose one while it ends.

    Returns:
        The exit code: `code`, or that of a signal that has come, even one that was not noticed.
    """
    global _over
    if _received:
        code = 128 + _received[0]
        if not console.has_told:
            console.tell(f"error: {SIGNALS[_received[0]]}")
    for number in _before:
        signal.signal(number, signal.SIG_DFL)
    ready()
    _over = False
    _before.clear()
    _received.clear()
    return code


def received() -> int | None:
    """Return the first signal that came, while they are handled."""
    return _received[0] if _received else None


def awaited() -> bool:
    """Return whether a computation must be asked to stop when a signal comes."""
    return _stop is not None


def cause(error: BaseException) -> BaseException:
    """Return the error to report: the signal that came before this error if it may have caused it, else the error.

    One that is raised in the middle of a library's work may leave it as another exception.
    """
    known = isinstance(error, UserError | OSError | MemoryError | KeyboardInterrupt)
    return Interrupted(_received[0]) if _received and not known else error


def answered() -> None:
    """Forget a Ctrl-C that did what it was meant for, as to end a server; other signals stay."""
    while signal.SIGINT in _received:
        _received.remove(signal.SIGINT)


def check() -> None:
    """Raise Interrupted if a signal has come."""
    if _received:
        raise Interrupted(_received[0])


@contextmanager
def handled(stop: Callable[[str], None] | None = None) -> Iterator[Sequence[int]]:
    """Within, call `stop` with a word at the first signal and raise Interrupted at the next; yield those that came.

    Without `stop` the first one raises. A block that ends without an exception after a signal raises then. In a thread
    other than the main one, where no signal arrives, this does nothing.
    """
    global _stop
    if threading.current_thread() is not threading.main_thread():
        yield []
        return
    outermost, outer = not _before, _stop
    if outermost:
        _take()
    _stop = stop
    try:
        if _received and stop:  # Python could not pass one on
            stop(SIGNALS[_received[0]])
        yield _received
        if outer is None:
            check()
    finally:
        _stop = outer
        if outermost:
            _give_back()


@contextmanager
def withheld(*numbers: int) -> Iterator[None]:
    """Keep these signals, by default all of ours, from processes started within; this one gets them later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers or SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _take() -> None:
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup wants it
            _before[number] = signal.signal(number, _handle)


def _give_back() -> None:
    for number, handler in _before.items():
        signal.signal(number, handler)
    _before.clear()
    _received.clear()


def _handle(number: int, frame: FrameType | None) -> None:
    global _last
    last, _last = _last, monotonic()
    if _received and _last - last < ONE:
        return
    _received.append(number)
    times = len(_received)
    if _starting or _over or times > (2 if _stop else 1):
        _leave()
    if _stop and times == 1:
        _stop(SIGNALS[number])
    else:
        raise Interrupted(_received[0])


def _command() -> list[str]:
    """Return what started this process, without the paths of an installed command."""
    return ["trainer", *sys.argv[1:]] if sys.argv[0].rpartition(os.sep)[2] == "trainer" else sys.orig_argv


def _leave() -> None:
    line = SIGNALS[_received[0]]
    with suppress(Exception):  # shlex may be half imported
        if _starting:
            from shlex import join

            line += f" before anything was done; again: {join(_command())}"
    with suppress(OSError):
        if not console.has_told:
            os.write(2, f"error: {line}\n".encode(errors="backslashreplace"))
    os._exit(128 + _received[0])
