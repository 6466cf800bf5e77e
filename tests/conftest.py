"""Settings and fixtures shared by all tests."""

import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

# Machines differ in speed; what a test claims must not.
settings.register_profile("trainer", deadline=None)
settings.load_profile("trainer")

STARTS = ("subprocess.Popen", "os.fork", "os.posix_spawn")
running: pytest.Item | None = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    global running
    running = item
    try:
        return (yield)
    finally:
        running = None


def _refuse_processes(event: str, arguments: tuple) -> None:
    """Let nobody forget the mark: `-m "not process"` is fast because it starts no Python but its own."""
    if event in STARTS and running is not None and running.get_closest_marker("process") is None:
        program = str(arguments[0]) if arguments else "python"
        if "python" in program:  # libraries ask small programs about the machine
            raise RuntimeError(f"{running.nodeid} starts a process: give it the mark pytest.mark.process")


sys.addaudithook(_refuse_processes)


@pytest.fixture
def trainer_here(tmp_path, monkeypatch) -> Iterator[Callable[..., int]]:
    """Does `python -m trainer ...` in this process and an empty folder; gives the exit code."""
    from trainer.commands import app  # tests of the engine do without Hydra

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["trainer", *arguments])
        try:
            return app.main() or 0
        except SystemExit as end:
            return end.code or 0

    yield call
    root.handlers[:] = handlers
    root.setLevel(level)
