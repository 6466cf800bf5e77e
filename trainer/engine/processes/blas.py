"""How many threads matrix products use."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import OpenBLASController, ThreadpoolController

_lock = Lock()
_inside = 0
_limits: Any = None


@contextmanager
def one_thread() -> Iterator[None]:
    """Within, BLAS uses one thread.

    The limit holds for the whole process. If several threads are within, the first one sets it and the last one lifts
    it; otherwise the first to leave would lift it for the others.
    """
    global _inside, _limits
    with _lock:
        if not _inside:
            _take_control()
            _limits = _controller().limit(limits=1, user_api="blas")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _take_control()
                _limits.restore_original_limits()
                _take_control()  # and leave it to the next thread


@cache
def _controller() -> ThreadpoolController:
    """Return what controls NumPy's BLAS; to look through all libraries of a process takes up to 20 ms."""
    return ThreadpoolController()


def _take_control() -> None:
    """Let this thread set the limit.

    Since version 3.8, threadpoolctl silently ignores all threads but the one that set a limit first.
    """
    if hasattr(OpenBLASController, "clear_controlling_thread"):
        OpenBLASController.clear_controlling_thread(force=True)
