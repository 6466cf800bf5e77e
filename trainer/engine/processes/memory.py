"""Memory that several processes share.

It has no name in any file system: one process creates it, the others inherit it. So nothing is left behind, however
processes end, and no resource tracker has to clean up after them, unlike with `multiprocessing.shared_memory`.
"""

import mmap
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from math import prod

import numpy as np

LINE = 128  # bytes; processors fetch lines of 64 bytes in pairs

Layout = Mapping[str, tuple[tuple[int, ...], str]]
"""Shape and dtype (as `dtype.str`) of arrays by name."""


class SharedMemory:
    """One block of memory, mapped as named arrays.

    Args:
        handle: The handle of a block that another process created; None creates one. On POSIX it is a file descriptor,
            which a child inherits if it is among its `pass_fds`; on Windows the name of a mapping, which lives as long
            as its users.
    """

    def __init__(self, handle: int | str | None = None) -> None:
        self.handle = _create() if handle is None else handle

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The file descriptors that children must inherit."""
        return (self.handle,) if isinstance(self.handle, int) else ()

    def map(self, layout: Layout) -> dict[str, np.ndarray]:
        """Return the arrays of `layout`, zero at first; the first to map it sets the size of the block.

        Each array has its own cache lines. The memory is freed with the last array of the last process.
        """
        sizes = [prod(shape) * np.dtype(dtype).itemsize for shape, dtype in layout.values()]
        total = max(LINE, sum(_round_up(size) for size in sizes))
        if isinstance(self.handle, int):
            if os.fstat(self.handle).st_size < total:
                os.ftruncate(self.handle, total)
            block = mmap.mmap(self.handle, total)
        else:
            block = mmap.mmap(-1, total, tagname=self.handle)  # type: ignore[call-arg]  # Windows
        arrays, start = {}, 0
        for (name, (shape, dtype)), size in zip(layout.items(), sizes, strict=True):
            arrays[name] = np.frombuffer(block, np.uint8, size, start).view(dtype).reshape(shape)
            start += _round_up(size)
        return arrays

    def close(self) -> None:
        """Give up the handle; arrays stay valid."""
        if isinstance(self.handle, int):
            os.close(self.handle)
            self.handle = ""


def _create() -> int | str:
    if sys.platform == "win32":
        return f"trainer-{os.getpid()}-{secrets.token_hex(8)}"
    if hasattr(os, "memfd_create"):
        return os.memfd_create("trainer")
    with tempfile.TemporaryFile() as file:  # unlinked already
        return os.dup(file.fileno())


def _round_up(size: int) -> int:
    return -(-size // LINE) * LINE
