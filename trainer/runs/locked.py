"""One run in a directory at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from trainer.ground.values import ConfigError


@contextmanager
def locked(directory: Path, option: str = "hydra.run.dir") -> Iterator[None]:
    """Keep other runs out of `directory`; the system gives it free when this process ends, however it ends.

    Raises:
        ConfigError: another run is there; the remedy is to set `option`.
    """
    lock = FileLock(directory / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        remedy = f"wait until it has ended or choose another directory with {option}=DIR"
        raise ConfigError(f"{directory}: another run is writing here; {remedy}") from None
    try:
        yield
    finally:
        lock.release()
