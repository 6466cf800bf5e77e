"""One run, or one sweep, in a directory at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from trainer.ground.values import ConfigError
from trainer.runs.folder import LOCK


@contextmanager
def locked(directory: Path, option: str = "hydra.run.dir", what: str = "run") -> Iterator[None]:
    """Keep others out of `directory`; the system gives it free when this process ends, however it ends.

    Args:
        directory: Of a run or a sweep.
        option: What chooses another directory.
        what: Writes there.

    Raises:
        ConfigError: another one is there; the remedy is to set `option`.
    """
    lock = FileLock(directory / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        remedy = f"wait until it has ended or choose another directory with {option}=DIR"
        raise ConfigError(f"{directory}: another {what} is writing here; {remedy}") from None
    try:
        yield
    finally:
        lock.release()
