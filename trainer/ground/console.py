"""Standard streams in any state: missing, closed, full, of another encoding, read by `head -1`."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from io import TextIOWrapper
from typing import IO

has_told = False
"""Whether an error line has been written already."""

_quiet = ContextVar("quiet", default=False)


def prepare() -> None:
    """Open streams that are missing, and keep all from failing at a character that they cannot encode."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets this number, the lowest free one, so that no other file gets it
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  as long as the process
    if isinstance(sys.stdout, TextIOWrapper):  # stderr replaces characters by itself
        sys.stdout.reconfigure(errors="replace")


def is_terminal(stream: IO[str] | None) -> bool:
    """Return whether the stream is a terminal; one that is missing or closed is not."""
    return stream is not None and not stream.closed and stream.isatty()


@contextmanager
def quietly(quiet: bool = True) -> Iterator[None]:
    """Within, in this thread, `is_quiet` returns `quiet`."""
    before = _quiet.set(quiet)
    try:
        yield
    finally:
        _quiet.reset(before)


def is_quiet() -> bool:
    """Return whether only warnings and errors are to be shown, neither progress nor results."""
    return _quiet.get()


def tell(line: str) -> None:
    """Write a line to stderr, if that is possible."""
    global has_told
    has_told = True
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def say(text: str) -> None:
    """Write a line to stdout; it is no error if the reader, such as `head`, has gone.

    Raises:
        OSError: It is lost, as on a full disk.
    """
    with suppress(BrokenPipeError):
        try:
            print(text, flush=True)
        except OSError as error:
            error.filename = error.filename or "standard output"
            raise


def finish(code: int) -> int:
    """Write what is left, and return the exit code, which is 1 instead of 0 if output was lost.

    A reader that has gone, such as `head`, has seen enough.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except ValueError:  # closed
            continue
        except OSError as error:
            if stream is sys.stdout and error.errno != errno.EPIPE:
                tell(f"error: standard output: {error.strerror}")
                code = code or 1
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # Python flushes once more
    return code
