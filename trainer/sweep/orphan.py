"""Jobs in processes of their own end with the sweep that started them."""

import multiprocessing
import os
from functools import cache
from threading import Thread
from time import sleep

SECONDS = 0.5  # between two looks

_sweep = 0  # process that runs the sweep, where that is known


def this_is_the_sweep() -> None:
    """Remember that this process is the sweep's own; processes that are forked from it are not."""
    global _sweep
    _sweep = os.getpid()


def is_sweep() -> bool:
    """Return whether this process is the one that runs the sweep, and not one that a launcher started for jobs."""
    return _sweep == os.getpid()


@cache  # once a process, which may do many jobs
def end_with_parent() -> None:
    """Ends this process when the one that started it is no more, even by SIGKILL (on POSIX).

    joblib's workers would otherwise go on with the jobs they were given, in the way of the sweep's next attempt.
    Processes that multiprocessing did not start, such as those of a cluster, are left alone.
    """
    if parent := multiprocessing.parent_process():
        Thread(target=_watch, args=(parent.pid,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent or os.name != "posix":
        sleep(SECONDS)
    os._exit(1)
