"""Ends jobs in processes of their own when their sweep ends, and when it tells them to."""

import multiprocessing
import os
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from signal import SIGTERM
from threading import Event, Thread
from time import sleep

from trainer.ground import signals

SECONDS = 0.5  # between two looks
STOPPING = ".stopping"  # this file in a sweep's directory tells its jobs to end


def is_apart() -> bool:
    """Return whether this process is not the sweep's own, which handles signals itself."""
    return not signals.awaited()


def is_ending(sweep: Path) -> bool:
    """Return whether no more jobs may begin. Raises Interrupted in the sweep's own process."""
    signals.check()
    return is_apart() and (sweep / STOPPING).exists()


@contextmanager
def told_by(sweep: Path) -> Iterator[None]:
    """Within, stop a job outside the sweep's own process, as by a signal, when the sweep tells its jobs to end."""
    if not is_apart():
        yield
        return
    done = Event()

    def watch() -> None:
        while not done.wait(SECONDS):
            if (sweep / STOPPING).exists():
                if signals.received() is None:  # else it went to the whole group of processes
                    interrupt_main(SIGTERM)
                return

    with signals.handled():
        Thread(target=watch, daemon=True).start()
        try:
            yield
        finally:
            done.set()


@cache  # once per process, even if it does many jobs
def end_with_parent() -> None:
    """End this process when the one that started it has ended, even by SIGKILL (on POSIX).

    Otherwise joblib's workers would carry on with their jobs, and get in the way of the sweep's next attempt.
    Processes that multiprocessing did not start, such as those of a cluster, are left alone.
    """
    if parent := multiprocessing.parent_process():
        Thread(target=_watch, args=(parent.pid,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent or os.name != "posix":
        sleep(SECONDS)
    os._exit(1)
