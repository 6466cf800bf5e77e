"""`python -m trainer ...` as a process that is forked from one which has imported the application already.

That takes a third of the time. Tests of the start, of signals in it, and of surroundings start Python itself.
"""

import atexit
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_all_start_methods, get_context, process
from pathlib import Path

POSSIBLE = "forkserver" in get_all_start_methods()


class Forked:
    """A process in a group of its own; as far as it goes it is a `subprocess.Popen`."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        output: Path | str = os.devnull,
        errors: Path | str = os.devnull,
    ) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload(["tests.helpers.preloaded"])
        streams = {0: os.devnull, 1: str(output), 2: str(errors)}
        given = (module, *arguments), str(cwd), {**environment}, streams
        self._process = context.Process(target=_become, args=given)
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("trainer", timeout)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self._process.exitcode is None:
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _become(command: Sequence[str], cwd: str, environment: Mapping[str, str], streams: Mapping[int, str]) -> None:
    """Do in this process what `python -m` does in its own."""
    os.setsid()
    process._parent_process = None  # a sweep watches over who has started it
    for number, path in streams.items():
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which the server ignores
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.path.insert(0, cwd)
    sys.argv = [*command]
    sys.orig_argv = [sys.executable, "-m", *command]
    try:
        runpy.run_module(command[0], run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # which multiprocessing leaves out
