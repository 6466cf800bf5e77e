"""Running `python -m trainer ...` with a signal at a chosen moment."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.helpers.process import environment, start

SENDER = Path(__file__).with_name("sender.py")


def at_import(module: str, number: int, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `python -m trainer ...`, which gets signal `number` when it begins to import `module`."""
    return subprocess.run(
        [sys.executable, str(SENDER), module, str(int(number)), *arguments],
        cwd=cwd, env=environment(), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def when(reached: Callable[[], bool], number: int, *arguments: str, cwd: Path) -> tuple[int, str]:
    """Run `python -m trainer ...`; all its processes get signal `number`, as from a terminal, once `reached` is true.

    Returns:
        The exit code, and what was complained.
    """
    with tempfile.TemporaryDirectory() as folder:
        errors = Path(folder, "errors")
        process = start(*arguments, cwd=cwd, errors=errors)
        try:
            while not reached() and process.poll() is None:
                time.sleep(0.01)
            os.killpg(process.pid, number)
            code = process.wait(timeout=120)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        return code, errors.read_text("utf-8")


def handles_signals(pid: int) -> bool:
    """Return whether a process already handles SIGTERM (on Linux)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)
