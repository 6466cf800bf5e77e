"""One run, or one sweep, in a directory at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from trainer.ground.values import ConfigError
from trainer.runs.folder import LOCK


@contextmanager
def locked(directory: Path, option: str = "hydra.run.dir", what: str = "run") -> Iterator[None]:
    """Lock `directory` against other runs; the system releases it when this process ends, however it ends.

    Args:
        directory: The directory of a run or a sweep.
        option: The option that chooses another directory; empty: there is none, as for a run that is resumed.
        what: What writes there, for the message: a run or a sweep.

    Raises:
        ConfigError: Another one is writing there, or the directory cannot be written.
    """
    lock, elsewhere = FileLock(directory / LOCK), f" or choose another directory with {option}=DIR" if option else ""
    try:
        lock.acquire(blocking=False)
    except PermissionError as error:
        remedy = f"copy it to where you may write{elsewhere}"
        raise ConfigError(f"{directory}: cannot be written ({error.strerror}); {remedy}") from error
    except Timeout:
        remedy = f"wait until it has ended{elsewhere}"
        raise ConfigError(f"{directory}: another {what} is writing here; {remedy}") from None
    try:
        yield
    finally:
        lock.release()


def is_locked(directory: Path) -> bool:
    """Return whether a run or sweep is writing there now, as far as can be determined."""
    lock = FileLock(directory / LOCK)
    try:
        if (directory / LOCK).is_file():
            lock.acquire(blocking=False)
            lock.release()
    except Timeout:
        return True
    except OSError:  # someone else's directory
        return False
    return False
