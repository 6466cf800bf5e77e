"""What the terminal shows: plain messages that do not tear progress bars."""

import logging
import sys

from tqdm import tqdm

from trainer.ground.text import printable


class Terminal(logging.StreamHandler):
    """Writes errors to stderr and everything else to stdout, above a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            stream = sys.stderr if record.levelno >= logging.ERROR else sys.stdout
            tqdm.write("\n".join(map(printable, self.format(record).split("\n"))), file=stream)
            stream.flush()
        except Exception:
            self.handleError(record)
