"""Settings and fixtures shared by all tests."""

import logging
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

# Machines differ in speed; what a test claims must not.
settings.register_profile("trainer", deadline=None)
settings.load_profile("trainer")

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
