"""What the terminal shows: plain messages that do not tear progress bars."""

import errno
import logging
import os
import sys
from io import TextIOWrapper
from typing import IO

from tqdm import tqdm

from trainer.ground import console
from trainer.ground.text import printable

LOOKS = {"heading": "1", "best": "32", "warning": "33", "error": "31"}
"""Of lines, as a terminal's codes for bold, green, yellow and red."""


class Terminal(logging.StreamHandler):
    """Writes errors to stderr and everything else to stdout, above a progress bar if there is one.

    On a terminal, errors, warnings and lines that were logged with a `look` have a colour, unless NO_COLOR is set
    (https://no-color.org).
    """

    def emit(self, record: logging.LogRecord) -> None:
        try:
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
    """Appends to a file; escapes what UTF-8 cannot encode. Does not wait for somebody to read from a pipe.

    Raises:
        OSError: the file cannot be opened.
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


def has_colours(stream: IO[str]) -> bool:
    """Return whether a stream is a terminal that shows colours, and whose user wants them."""
    able = os.environ.get("TERM") != "dumb" and (os.name != "nt" or "WT_SESSION" in os.environ)
    return able and not os.environ.get("NO_COLOR") and console.is_terminal(stream)
