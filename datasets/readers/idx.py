"""Reader of IDX, the format of the MNIST files (http://yann.lecun.com/exdb/mnist/); it trusts nothing that it reads.

A file has two zero bytes, a byte for the type, a byte for the number of dimensions, each dimension as a big-endian
uint32, and then the values, big-endian, with the last dimension varying fastest.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.readers.archive import DEFLATE_RATIO, MAX_BYTES, receive

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_DIMENSIONS = 4


def read_idx(path: str | os.PathLike) -> np.ndarray:
    """Return the array of an IDX file in native byte order; its first bytes tell whether it is compressed by gzip.

    The declared size is compared with the file's before any memory is taken for it, and the memory in use never exceeds
    that of the array by more than a few MB. Raises DataError if anything is wrong.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            compressed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not compressed:
                return _read(file, path, available=size)
            with gzip.GzipFile(fileobj=file) as stream:
                return _read(stream, path, available=size * DEFLATE_RATIO)
    except EOFError:
        raise _damaged(path, "compressed data ends early") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(path, f"compressed data is corrupt ({error})") from None
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; put it there or set data.root to the folder that has it") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}); check its permissions") from None


def _read(stream: io.BufferedIOBase, path: Path, available: int) -> np.ndarray:
    dtype, shape = _read_header(stream, path)
    declared = math.prod(shape) * dtype.itemsize
    # A dimension of 0 would hide the others in the product, and NumPy refuses sizes that overflow.
    if declared > min(available, MAX_BYTES) or math.prod(max(size, 1) for size in shape) > MAX_BYTES:
        raise _damaged(path, f"its header declares {declared:,} bytes of data, more than the file can hold")
    try:
        array = receive(stream, declared).view(dtype).reshape(shape)
    except ValueError as error:
        raise _damaged(path, str(error)) from None
    if not dtype.isnative:
        array = array.byteswap(inplace=True).view(dtype.newbyteorder("="))
    return array


def _read_header(stream: io.BufferedIOBase, path: Path) -> tuple[np.dtype, tuple[int, ...]]:
    magic = _read_exactly(stream, 4, path)
    zeros, code, dimensions = magic[:2], magic[2], magic[3]
    if zeros != b"\0\0" or code not in TYPES:
        raise _damaged(path, f"starts with {magic.hex(' ')}, not with the magic number of an IDX file")
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise _damaged(path, f"declares {dimensions} dimensions, not 1 to {MAX_DIMENSIONS}")
    return np.dtype(TYPES[code]), struct.unpack(f">{dimensions}I", _read_exactly(stream, 4 * dimensions, path))


def _read_exactly(stream: io.BufferedIOBase, count: int, path: Path) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise _damaged(path, "ends within its header")
    return data


def _damaged(path: Path, what: str) -> DataError:
    return DataError(f"{path}: {what}; replace it by an intact copy")
