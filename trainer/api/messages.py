"""The messages of a training: shown in the terminal or notebook, and written to train.log."""

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from trainer.compose.console import LogFile, Terminal

_logger = logging.getLogger("trainer")
_lock = threading.Lock()
_inside = 0
_before: tuple[int, bool] = (logging.NOTSET, True)


@contextmanager
def messages(file: Path, quiet: bool) -> Iterator[None]:
    """Within, this thread's messages are written to `file` and, unless quiet, shown.

    Afterwards the logger is as it was. A program that has set it to INFO itself continues to get the messages too.
    """
    handlers: list[logging.Handler] = [LogFile(file)]
    if not quiet:
        handlers.append(Terminal())
    thread = threading.get_ident()
    with ExitStack() as stack:
        stack.enter_context(_informed())
        for handler in handlers:
            handler.setFormatter(logging.Formatter("%(message)s"))
            handler.addFilter(lambda record: record.thread == thread)
            stack.callback(handler.close)
            _logger.addHandler(handler)
            stack.callback(_logger.removeHandler, handler)
        yield


@contextmanager
def _informed() -> Iterator[None]:
    """Within, the logger passes on INFO; if it did not do so before, to its own handlers only.

    The level belongs to all threads, so the first of several sets it and the last puts it back.
    """
    global _inside, _before
    with _lock:
        if not _inside:
            _before = _logger.level, _logger.propagate
            if not _logger.isEnabledFor(logging.INFO):
                _logger.setLevel(logging.INFO)
                _logger.propagate = False
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                level, _logger.propagate = _before
                _logger.setLevel(level)
