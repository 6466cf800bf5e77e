"""Figures from the operating system: processor time, memory, and a description of the machine.

They come from Linux's /proc; on other systems they are None.
"""

import os
import platform
import threading
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PROC = Path("/proc")
POLL = 0.002  # seconds
PACKAGES = ("numpy", "torch", "jax", "scikit-learn")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_cores(count: int) -> None:
    """Restrict this process and those it starts to the first `count` of its cores."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def describe() -> dict[str, str]:
    """Return processor, cores, system and versions."""
    from trainer.engine.machine import processor  # loads NumPy, for which some processes must be prepared

    found = {"processor": processor(), "cores": str(os.cpu_count()), "system": platform.platform(terse=True)}
    found["python"] = platform.python_version()
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def family(pid: int) -> list[int]:
    """Return the process and all its descendants."""
    children: dict[int, list[int]] = {}
    for path in PROC.glob("[0-9]*/stat"):
        if fields := _fields(path):
            children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    members = [pid]
    for member in members:  # grows as we go
        members += children.get(member, [])
    return members


def busy_seconds() -> float | None:
    """Return for how many seconds all cores together have been busy since the machine started."""
    try:
        ticks = [int(value) for value in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    except OSError:
        return None
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")  # without idle time and waiting for disks


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the seconds of processor time that processes have used."""
    ticks = 0
    for pid in pids:
        if fields := _fields(PROC / str(pid) / "stat"):
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else 0.0


def proportional_set_size(pids: Iterable[int]) -> int | None:
    """Return the bytes of memory that processes occupy; a page that several map is shared between them (PSS)."""
    total = 0
    for pid in pids:
        try:
            lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except OSError:  # ended, or no such file on this system
            continue
        total += next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
    return total or None


class PeakMemory:
    """Watches the memory of a process and its descendants while open; `peak` is the largest PSS seen, in bytes."""

    def __init__(self, pid: int) -> None:
        self.pids = family(pid)
        self.peak: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            if (seen := proportional_set_size(self.pids)) is None:
                return
            self.peak = max(seen, self.peak or 0)
            if self._stop.is_set():
                return
            time.sleep(POLL)


def _fields(path: Path) -> list[str]:
    """Return the fields of a /proc/PID/stat after the name, which may contain anything."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []

