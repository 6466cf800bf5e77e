"""What the terminal shows: plain messages that do not tear progress bars."""

import errno
import logging
import os
import sys
from io import TextIOWrapper

from tqdm import tqdm

from trainer.ground import console
from trainer.ground.text import printable


class Terminal(logging.StreamHandler):
    """Writes errors to stderr and everything else to stdout, above a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            is_error = record.levelno >= logging.ERROR
            console.has_told |= is_error
            stream = sys.stderr if is_error else sys.stdout
            tqdm.write("\n".join(map(printable, self.format(record).split("\n"))), file=stream)
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
