"""How many threads matrix products use."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from threadpoolctl import OpenBLASController, threadpool_limits

_lock = Lock()
_inside = 0
_limits: threadpool_limits | None = None


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
            _limits = threadpool_limits(1, "blas")
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


def _take_control() -> None:
    """Let this thread set the limit.

    Since version 3.8, threadpoolctl silently ignores all threads but the one that set a limit first.
    """
    if hasattr(OpenBLASController, "clear_controlling_thread"):
        OpenBLASController.clear_controlling_thread(force=True)
