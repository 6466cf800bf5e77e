"""Files that are always whole: the old content or the new, never a part."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, durable: bool = False) -> Iterator[Path]:
    """Give a temporary path in the same folder; what was written there replaces `path` if the block succeeds.

    For files of our own folders: a link found there is replaced, never followed, so that nothing is written elsewhere.
    The folder must exist: a run directory that was removed stays removed.

    Args:
        path: The file.
        durable: Put it on the disk before it replaces anything, so that not even a power failure leaves a part.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        if durable:
            sync(temporary)
        temporary.replace(path)
        if durable and os.name == "posix":  # elsewhere a folder cannot be opened
            sync(path.parent, os.O_RDONLY)
    except OSError as error:
        _name(error, path, temporary)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def output(path: Path) -> Iterator[Path]:
    """Give a path for writing a file that the user named: like `replacing`, but only plain files are replaced.

    A device or a pipe is written to. A link stays, and its target is replaced. A missing folder is made, but not the
    folder around it.

    Raises:
        OSError: Links lead in a circle.
    """
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if target.exists() and not target.is_file():
        try:
            yield target
        except OSError as error:
            _name(error, path, target)
            raise
        return
    target.parent.mkdir(exist_ok=True)
    with replacing(target) as temporary:
        yield temporary


def _name(error: OSError, path: Path, temporary: Path) -> None:
    """Let an error name the file: the user does not know the temporary one, and a full disk's error names none."""
    if error.errno is not None and str(error.filename) in ("None", str(temporary)):
        error.filename = str(path)


def sync(path: Path, mode: int = os.O_RDWR) -> None:
    """Wait until a file, or on POSIX a folder opened with O_RDONLY, is on the disk."""
    descriptor = os.open(path, mode)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append(path: Path, text: str) -> None:
    """Append to a file in one piece, so that its lines are whole even after a crash.

    Raises:
        OSError: It cannot be written; names the file.
    """
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        error.filename = str(path)
        raise
