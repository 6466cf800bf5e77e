"""Measurements in turns, A B C, A B C, ..., so that a machine that gets warm or busy slows all contestants alike."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import machine
from trainer import ROOT

PAUSE = 0.25  # seconds before each sample, in which threads that wait actively for work fall asleep
FOREIGN_LOAD = 0.12  # cores; a sample during which other programs used more is repeated
ROUNDING = 0.02  # seconds; both processor times are counted in hundredths
ATTEMPTS = 4  # times the wanted number of samples, before those there are must do


class ContestantError(Exception):
    """A contestant does not run; the message has its name and its last line."""


@dataclass(frozen=True)
class Entry:
    """A contestant before its start: the name in tables, the module under benchmarks.contestants, its arguments."""

    label: str
    module: str
    flags: tuple[str, ...] = ()


class Quiet:
    """Tells whether other programs have left the machine alone since this object was made."""

    def __init__(self) -> None:
        self._busy, self._began = machine.busy_seconds(), time.perf_counter()

    def but_for(self, own: float) -> bool:
        """Return whether the machine used hardly more processor time than `own` seconds; unknown counts as quiet."""
        if self._busy is None:
            return True
        foreign = machine.busy_seconds() - self._busy - own
        return foreign < FOREIGN_LOAD * (time.perf_counter() - self._began) + ROUNDING


class Contestant:
    """A contestant's process.

    Raises ContestantError if it does not start or ends on its own.
    """

    def __init__(self, entry: Entry, folder: Path, threads: int) -> None:
        self.entry, self.label = entry, entry.label
        self.seconds: list[float] = []  # per step, one a sample
        self.disturbed: list[float] = []
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.contestants.{entry.module}", str(folder), *entry.flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **limits},
            cwd=ROOT,
        )
        try:
            self._answer()
        except ContestantError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, command: str) -> dict[str, Any]:
        """Give a command and return the answer."""
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._answer()

    def run(self, steps: int) -> float:
        """Do steps and return the seconds for each."""
        return self.ask(f"run {steps}")["seconds"]

    def sample(self, steps: int) -> None:
        """Add a sample, and note whether other programs disturbed it."""
        time.sleep(PAUSE)
        pids = machine.family(self.pid)
        own, quiet = machine.cpu_seconds(pids), Quiet()
        seconds = self.run(steps)
        was_quiet = quiet.but_for(machine.cpu_seconds(pids) - own)
        (self.seconds if was_quiet else self.disturbed).append(seconds)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def _answer(self) -> dict[str, Any]:
        for line in self._process.stdout:
            if line.startswith("{"):  # libraries print things of their own
                return json.loads(line)
        self._process.wait()
        self._errors.seek(0)
        errors = re.findall(r"^[\w.]*(?:Error|Exception|Interrupt)\b.*", self._errors.read(), re.MULTILINE)
        last = errors[-1] if errors else f"ended with code {self._process.returncode}"
        raise ContestantError(f"{self.label}: {last}")


@dataclass
class Samples:
    """The samples of one contestant in seconds per step, the disturbed ones apart from the others."""

    label: str
    seconds: list[float] = field(default_factory=list)
    disturbed: list[float] = field(default_factory=list)
    gradient_error: float | None = None
    memory: int | None = None

    @property
    def median(self) -> float:
        """The median of the undisturbed samples or, on a machine that is never quiet, of the others."""
        return median(self.seconds or self.disturbed)

    def over(self, other: "Samples") -> float:
        """Return the median ratio to another contestant's times in the same turns, which a slow phase affects alike."""
        mine, others = (each.seconds or each.disturbed for each in (self, other))
        return median(a / b for a, b in zip(mine, others, strict=False))

    @property
    def count(self) -> str:
        """How many samples the median is of."""
        return str(len(self.seconds)) if self.seconds else f"{len(self.disturbed)} disturbed"


def start(entries: Sequence[Entry], folder: Path, threads: int) -> list[Contestant]:
    """Start contestants one after another; those that do not run are reported and skipped."""
    started = []
    for entry in entries:
        try:
            started.append(Contestant(entry, folder, threads))
        except ContestantError as error:
            print(f"skipped: {error}", file=sys.stderr)
    return started


def measure(contestants: Sequence[Contestant], rounds: int, slot: float) -> list[Samples]:
    """Sample every contestant `rounds` times in turns, for about `slot` seconds each, and end them."""
    steps = [max(1, round(slot / min(each.run(2), each.run(2)))) for each in contestants]
    for _ in range(ATTEMPTS * rounds):
        for each, count in zip(contestants, steps, strict=True):
            if len(each.seconds) < rounds:
                each.sample(count)
    for each in contestants:
        each.close()
    return [Samples(each.label, each.seconds, each.disturbed) for each in contestants]


def peak_memory(entry: Entry, folder: Path, threads: int, steps: int = 10) -> int | None:
    """Return the largest PSS of a contestant that runs alone; others would share the pages of its libraries."""
    contestant = Contestant(entry, folder, threads)
    with machine.PeakMemory(contestant.pid) as memory:
        contestant.run(steps)
    contestant.close()
    return memory.peak
