"""Settings and fixtures shared by all tests."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Before NumPy comes. Tests run side by side, on small arrays, where the threads of BLAS only stand in each other's way.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts with &
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # where it is set, every process would compile all modules anew

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from tests.helpers import composing  # noqa: E402

# Machines differ in speed; what a test claims must not. More examples: --hypothesis-profile=thorough
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile("quick")
composing.make_quick()

STARTS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn")
SMALL = ("lscpu", "uname")  # programs by which libraries ask about the machine
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
    """Fail a test that starts a process without saying so: `make check` is quick because it leaves those out."""
    if event in STARTS and running is not None and running.get_closest_marker("process") is None:
        command = arguments[1] if len(arguments) > 1 else []
        if not command or Path(os.fsdecode(command[0])).name not in SMALL:
            pytest.fail(f"{running.nodeid} starts a process: give it the mark pytest.mark.process")


sys.addaudithook(_refuse_processes)


@pytest.fixture(scope="module", autouse=True)
def _spared_from_collection() -> None:
    """Spare garbage collections, such as gradcheck's, the many objects that stay: the tests themselves, and modules."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def trainer_here(tmp_path, monkeypatch) -> Iterator[Callable[..., int]]:
    """Do `python -m trainer ...` in this process and an empty folder; returns the exit code."""
    from trainer.commands.main import main  # tests of the engine do without Hydra

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    root = logging.getLogger()
    handlers, level, modules = root.handlers[:], root.level, {*sys.modules}
    ours = {name: logging.getLogger(name).level for name in ("trainer", "models", "datasets")}

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["trainer", *arguments])
        try:
            return main(arguments)
        except SystemExit as end:
            return end.code or 0

    yield call
    for handler in {*root.handlers} - {*handlers}:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, its_level in ours.items():
        logging.getLogger(name).setLevel(its_level)
    for name in {*sys.modules} - modules:  # another test may have other code of its own under the same name
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]
