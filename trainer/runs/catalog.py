"""The runs below a folder: how each went, how long it took, and how much it keeps."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from trainer.ground.values import ConfigError, flat
from trainer.runs.find import find
from trainer.runs.folder import CHECKPOINTS, CONFIG, LAYERS, MACHINERY, METRICS, OVERRIDES, RECORD, RESULT
from trainer.runs.locked import is_locked
from trainer.runs.records import RecordError, read_metrics, read_result, read_yaml

RUNNING, INTERRUPTED = "running", "interrupted"
"""What a run is that has written no result: something holds its lock, or nothing does."""

STATUSES = ("completed", "stopped", "failed", RUNNING, INTERRUPTED)
WAITING = "waiting"  # of a sweep's jobs those that have not begun
SIGNS = (RESULT, METRICS, CHECKPOINTS)  # one of them makes a folder a run


@dataclass(frozen=True)
class Entry:
    """A run as its directory shows it. A file that is missing or damaged counts as empty.

    Attributes:
        directory: The directory of the run.
        result: What result.json holds; empty before the end.
    """

    directory: Path
    result: Mapping[str, Any]

    @property
    def status(self) -> str:
        """One of `STATUSES`."""
        return self.result.get("status") or (RUNNING if is_locked(self.directory) else INTERRUPTED)

    @cached_property
    def history(self) -> list[dict[str, float]]:
        """The rows of metrics.csv."""
        with suppress(FileNotFoundError, RecordError):
            return read_metrics(self.directory / METRICS)
        return []

    @property
    def epochs(self) -> int:
        """How many are finished."""
        return self.result.get("epochs", int(self.history[-1]["epoch"]) if self.history else 0)

    @property
    def figures(self) -> dict[str, float]:
        """The best validation's figures as val_..., the test's as test_..., and what sorting needs."""
        best, test = self.result.get("best") or {}, self.result.get("test") or {}
        found = {name: value for name, value in best.items() if name != "epoch"}
        found |= {f"test_{name}": value for name, value in test.items()}
        found |= {"epochs": self.epochs, "seconds": self.result.get("seconds")}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def headline(self) -> str | None:
        """The name of the figure by which its best epoch was chosen, such as val_accuracy."""
        return self.result.get("best_by") if self.result.get("best") else None

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What was chosen as `model`, `data`, ..., then its configuration as it began, flat: dotted key → value."""
        with suppress(FileNotFoundError, RecordError, KeyError, TypeError, AttributeError):
            choices = read_yaml(self.directory / MACHINERY)["hydra"]["runtime"]["choices"]
            chosen = {name: choice for name, choice in choices.items() if "/" not in name}
            return chosen | flat(read_yaml(self.directory / CONFIG)) | chosen  # first what was chosen
        return {}

    @property
    def size(self) -> int:
        """The bytes of all its files."""
        return sum(_size(Path(folder) / name) for folder, _, names in os.walk(self.directory) for name in names)

    @property
    def modified(self) -> float:
        """When it last wrote something, in seconds since 1970."""
        return max((_time(self.directory / name) for name in (*SIGNS, CONFIG)), default=0.0)

    @property
    def is_ours(self) -> bool:
        """Whether this program wrote it: others, too, have folders with metrics.csv, checkpoints or result.json."""
        return (self.directory / LAYERS).is_file() or bool(self.result and (self.directory / CONFIG).is_file())

    @property
    def holds_more(self) -> bool:
        """Whether it is the current folder or one around it, or has other runs within."""
        within = (path for path in self.directory.iterdir() if path.is_dir() and not path.is_symlink())
        return Path.cwd().is_relative_to(self.directory.resolve()) or any(next(entries(path), None) for path in within)

    @property
    def in_sweep(self) -> bool:
        """Whether it is a job of a sweep."""
        return (self.directory.parent / RECORD).is_file()


@dataclass(frozen=True)
class Sweep(Entry):
    """A sweep as one run: its figures are those of its best job, its epochs and seconds those of all.

    Attributes:
        jobs: Those that have begun.
        waiting: How many have not.
    """

    jobs: Sequence[Entry]
    waiting: int

    @property
    def status(self) -> str:
        """How many jobs there are, and how many of them are not completed: "20 jobs, 1 failed"."""
        counts = Counter({WAITING: self.waiting}) + Counter(job.status for job in self.jobs)
        parts = [f"{counts.total()} job{'s' * (counts.total() != 1)}"]
        return ", ".join(parts + [f"{counts[each]} {each}" for each in (*STATUSES[1:], WAITING) if counts[each]])

    @property
    def modified(self) -> float:
        """When one of its jobs last wrote something."""
        return max(job.modified for job in self.jobs)


def sweep(directory: Path, jobs: Sequence[Entry]) -> Sweep:
    """Return the sweep in a directory, of which `jobs` have begun."""
    result: dict[str, Any] = {}
    with suppress(ConfigError):  # none is best
        best = entry(find(directory)).result
        result = {name: best[name] for name in ("best", "best_by", "test") if name in best}
    seconds = [job.result["seconds"] for job in jobs if "seconds" in job.result]
    result |= {"epochs": sum(job.epochs for job in jobs), "seconds": sum(seconds)}
    begun = {job.directory for job in jobs}
    waiting = [path for path in directory.glob(f"[0-9]*/{OVERRIDES}") if path.parents[1] not in begun]
    return Sweep(directory, result, jobs, len(waiting))


def entries(folder: Path) -> Iterator[Entry]:
    """Yield the runs in a folder and in all below it, by name; links are not followed."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        if {*SIGNS} & {*folders, *files}:
            folders[:] = []
            yield entry(Path(place))


def entry(directory: Path) -> Entry:
    """Return the run in a directory."""
    with suppress(FileNotFoundError, RecordError):
        return Entry(directory, read_result(directory / RESULT))
    return Entry(directory, {})


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.lstat().st_size
    return 0


def _time(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0
