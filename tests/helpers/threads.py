"""Threads that disturb each other as much as possible."""

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def at_once(function: Callable[[Any], Any], arguments: Sequence[Any], times: int = 1) -> list[list[Any]]:
    """Return what the function gives for each argument, `times` times; one thread for each, in short turns."""
    start = threading.Barrier(len(arguments))

    def work(argument: Any) -> list[Any]:
        start.wait()
        return [function(argument) for _ in range(times)]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(len(arguments)) as threads:
            return list(threads.map(work, arguments))
    finally:
        sys.setswitchinterval(interval)
