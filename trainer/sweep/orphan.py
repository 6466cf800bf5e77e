"""Jobs in processes of their own end with the sweep that started them, and when it tells them to."""

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
STOPPING = ".stopping"  # in a sweep's directory: its jobs are to end


def is_apart() -> bool:
    """Whether this process is another than the sweep's, which waits for signals itself."""
    return not signals.awaited()


def is_ending(sweep: Path) -> bool:
    """Whether jobs are no longer to be begun. Raises Interrupted in the sweep's own process."""
    signals.check()
    return is_apart() and (sweep / STOPPING).exists()


@contextmanager
def told_by(sweep: Path) -> Iterator[None]:
    """Within, a job in another process than the sweep's is stopped, as by a signal, when the sweep is to end."""
    if not is_apart():
        yield
        return
    done = Event()

    def watch() -> None:
        while not done.wait(SECONDS):
            if (sweep / STOPPING).exists():
                if signals.received() is None:  # as it is where the signal went to a whole group of processes
                    interrupt_main(SIGTERM)
                return

    with signals.handled():
        Thread(target=watch, daemon=True).start()
        try:
            yield
        finally:
            done.set()


@cache  # once a process, which may do many jobs
def end_with_parent() -> None:
    """End this process when the one that started it is no more, even by SIGKILL (on POSIX).

    joblib's workers would otherwise go on with the jobs they were given, in the way of the sweep's next attempt.
    Processes that multiprocessing did not start, such as those of a cluster, are left alone.
    """
    if parent := multiprocessing.parent_process():
        Thread(target=_watch, args=(parent.pid,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent or os.name != "posix":
        sleep(SECONDS)
    os._exit(1)
