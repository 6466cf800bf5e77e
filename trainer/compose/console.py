"""Output to the terminal: plain messages that do not break progress bars."""

import errno
import logging
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from shutil import get_terminal_size
from typing import IO

from tqdm import tqdm
from tqdm.utils import disp_len, disp_trim

from trainer.ground import console
from trainer.ground.text import printable

LOOKS = {"heading": "1", "best": "32", "warning": "33", "error": "31"}
"""Of lines, as a terminal's codes for bold, green, yellow and red."""


Line = tuple[str, str]
"""A text, and its look: a key of `LOOKS`, or empty."""


class Terminal(logging.StreamHandler):
    """Writes errors to stderr and everything else to stdout, above a progress bar if there is one.

    On a terminal, errors, warnings and lines that were logged with a `look` have a colour, unless NO_COLOR is set
    (https://no-color.org). Where quiet is wanted, only errors and warnings are written.
    """

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if console.is_quiet() and record.levelno < logging.WARNING:
                return
            is_error = record.levelno >= logging.ERROR
            console.has_told |= is_error
            stream = sys.stderr if is_error else sys.stdout
            text = "\n".join(map(printable, self.format(record).split("\n")))
            look = getattr(record, "look", "") or record.levelname.lower()
            if look in LOOKS and has_colours(stream):
                text = f"\x1b[{LOOKS[look]}m{text}\x1b[0m"
            tqdm.write(text, file=stream)
            stream.flush()
        except Exception:
            self.handleError(record)


class LogFile(logging.FileHandler):
    """Appends to a file; escapes what UTF-8 cannot encode. Does not wait for a reader of a pipe.

    Raises:
        OSError: The file cannot be opened.
    """

    def _open(self) -> TextIOWrapper:
        waits = getattr(os, "O_NONBLOCK", 0)  # without it, os.open waits for a reader
        try:
            descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | waits, 0o666)
        except OSError as error:
            if error.errno == errno.ENXIO:
                error.strerror = "a pipe that nobody reads"
            raise
        if waits:
            os.set_blocking(descriptor, True)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123  a descriptor


class Block:
    """Lines that keep their place on a terminal while what they say changes.

    Args:
        stream: A terminal, see `can_redraw`. Once it cannot be written to, nothing more is.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream: IO[str] | None = stream
        self._coloured = has_colours(stream)
        self._drawn: list[str] = []

    def draw(self, lines: Sequence[Line]) -> None:
        """Replace the lines by others, each with a look or ""; none may be longer than the terminal is wide."""
        columns = get_terminal_size().columns
        texts = [disp_trim(printable(text), columns - 1) for text, _ in lines]
        if self._stream is None or texts == self._drawn:
            return
        # A terminal that has become narrower has wrapped the lines.
        above = sum(-(-max(1, disp_len(text)) // columns) for text in self._drawn)
        looks = [LOOKS.get(look) if self._coloured else None for _, look in lines]
        painted = [f"\x1b[{look}m{text}\x1b[0m" if look else text for text, look in zip(texts, looks, strict=True)]
        up = f"\x1b[{above}F" if above else "\r"
        try:
            self._stream.write(up + "".join(f"{line}\x1b[K\n" for line in painted) + "\x1b[J")
            self._stream.flush()
        except (OSError, ValueError):  # the terminal has gone
            self._stream = None
        self._drawn = texts


def can_redraw(stream: IO[str] | None) -> bool:
    """Return whether a stream is a terminal whose cursor can be moved; the output of a notebook's cell is none."""
    return _is_able() and console.is_terminal(stream) and "JPY_PARENT_PID" not in os.environ


def has_colours(stream: IO[str]) -> bool:
    """Return whether a stream is a terminal that shows colours, and whose user wants them."""
    return _is_able() and not os.environ.get("NO_COLOR") and console.is_terminal(stream)


def _is_able() -> bool:
    """Return whether a terminal would understand more than plain text."""
    return os.environ.get("TERM") != "dumb" and (os.name != "nt" or "WT_SESSION" in os.environ)
