"""`python -m trainer ...` as a process to which things happen."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from tests.helpers.process import environment
from tests.helpers.signals import handles_signals

LONGEST = 120.0  # seconds that a process may take, before it is called hung
LATE = 0.5  # seconds within which a process that was ending anyway may have ended without noticing a signal


@dataclass(frozen=True)
class Sent:
    """A signal: which, after how many seconds, to the process alone or to its group."""

    number: int
    after: float
    group: bool = False


@dataclass(frozen=True)
class Ended:
    """How a process has ended: 128 + the signal also where the system ended it.

    output: None where nobody read it to its end. early: it was not yet the program's own when the first signal came.
    late: it had ended, or was just ending.
    """

    code: int
    output: str | None
    errors: str
    seconds: float
    early: bool = False
    late: bool = False


def finish(arguments: Sequence[str], cwd: Path, limit: int | None = None) -> Ended:
    """Do it to its end. limit: of the size of its files, in bytes."""
    return _watch(arguments, cwd, lambda process: None, limit)


def unheard(arguments: Sequence[str], cwd: Path, after: float | None) -> Ended:
    """Do it to its end, with stdout closed, or a pipe whose reader goes after so many seconds."""

    def leave(process: subprocess.Popen[str]) -> None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        process.stdout.close()

    return _watch(arguments, cwd, leave if after is not None else lambda process: None, heard=after)


def disturb(arguments: Sequence[str], cwd: Path, signals: Sequence[Sent]) -> Ended:
    """Do it, and send it signals; each waits for the one before."""
    early = late = False

    def send(process: subprocess.Popen[str]) -> None:
        nonlocal early, late
        for place, sent in enumerate(signals):
            try:
                process.wait(sent.after)
                late = late or place == 0
                return
            except subprocess.TimeoutExpired:
                pass
            early = early or (place == 0 and not handles_signals(process.pid))
            try:
                (os.killpg if sent.group else os.kill)(process.pid, sent.number)
            except ProcessLookupError:
                late = late or place == 0
        began = time.monotonic()
        try:
            process.wait(LATE)
        except subprocess.TimeoutExpired:
            return
        late = late or (process.returncode == 0 and time.monotonic() - began < LATE)

    ended = _watch(arguments, cwd, send)
    return replace(ended, early=early, late=late)


def _watch(
    arguments: Sequence[str],
    cwd: Path,
    meanwhile: Callable[[subprocess.Popen[str]], None],
    limit: int | None = None,
    heard: float | None = inf,
) -> Ended:
    began = time.monotonic()
    out, err = cwd / "stdout", cwd / "stderr"

    def surround() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # nohup and & ignore some
            signal.signal(number, signal.SIG_DFL)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        if heard is None:
            os.close(1)

    with out.open("w") as output, err.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "trainer", *arguments],
            cwd=cwd,
            env=environment(),
            stdout=output if heard in (None, inf) else subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
            preexec_fn=surround,
        )
        try:
            meanwhile(process)
            process.wait(LONGEST)
            code = process.returncode
        except subprocess.TimeoutExpired:
            code = -1000
        finally:
            _end_group(process)
    code = 128 - code if code < 0 else code
    seconds = round(time.monotonic() - began, 3)
    return Ended(code, out.read_text() if heard == inf else None, err.read_text(), seconds)


def _end_group(process: subprocess.Popen[str]) -> None:
    """End what a killed process has left: it would end within a second, for which a trial need not wait."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
