"""Reader of NumPy files (.npy, .npz) that trusts nothing that it reads."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Callable, Collection
from io import BufferedIOBase
from pathlib import Path
from typing import IO, Literal, NamedTuple, TypeVar

import numpy as np

from trainer.datasets.errors import DataError

MAX_BYTES = 2 << 30
MAX_MEMBERS = 1000
CHUNK = 1 << 20
DEFLATE_RATIO = 1040  # deflate cannot expand further than 1032 : 1
KINDS = "biuf"  # booleans, integers, floats

T = TypeVar("T")


class Header(NamedTuple):
    """What a file says about an array; the data begin at `offset`."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype
    offset: int

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def read_arrays(path: str | os.PathLike, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """Return the numeric arrays of an .npz archive by their names, or the array of an .npy file under its stem.

    Nothing is unpickled. Declared sizes are compared with the file before any memory is taken for them, and the memory
    in use never exceeds that of the arrays by more than a few MB.

    Args:
        path: The file.
        names: The arrays to read from an archive; None: all.

    Raises:
        DataError: Anything is wrong with the file.
    """

    def read(stream: IO[bytes], available: int) -> np.ndarray:
        array = _read_array(stream, min(available, left[0]))
        left[0] -= array.nbytes
        return array

    left = [MAX_BYTES]
    return _read(Path(path), read, names)


def read_headers(path: str | os.PathLike) -> dict[str, Header]:
    """Return what the file says about the arrays that `read_arrays` would read, of any type. Raises DataError."""
    return _read(Path(path), lambda stream, _: _read_header(stream))


def map_array(path: str | os.PathLike, shape: tuple[int, ...] | None = None) -> np.memmap:
    """Return the array of an .npy file, mapped read-only: each access reads only what it touches.

    A `shape`, of as many values, replaces the array's own. Raises DataError.
    """
    (header,) = read_headers(path).values()
    if header.dtype.kind not in KINDS:
        raise DataError(f"{path}: holds {header.dtype} values, not numbers; save it as numbers")
    if (size := Path(path).stat().st_size) < header.offset + header.nbytes:
        raise DataError(f"{path}: ends after {size} of {header.offset + header.nbytes} bytes; replace it")
    order: Literal["C", "F"] = "F" if header.fortran_order else "C"
    return np.memmap(Path(path), header.dtype, "r", header.offset, header.shape if shape is None else shape, order)


def _read(path: Path, read: Callable[[IO[bytes], int], T], names: Collection[str] | None = None) -> dict[str, T]:
    """Return the result of `read` for each array in a file, given its stream and the most bytes that this can hold."""
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: not a file; give a file made by numpy.save or numpy.savez")
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            zipped = file.read(4) == b"PK\x03\x04"
            file.seek(0)
            return _read_archive(file, read, names) if zipped else {path.stem: read(file, size)}
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    except Exception as error:  # zip, zlib, lzma and the parser of array headers each raise their own
        problem = str(error).partition("\n")[0][:200] or type(error).__name__
        raise DataError(f"{path}: not an intact file of arrays ({problem}); replace it") from None


def _read_archive(file: IO[bytes], read: Callable[[IO[bytes], int], T], names: Collection[str] | None) -> dict[str, T]:
    found = {}
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise ValueError(f"it has {len(members)} members")
        for member in members:
            name = member.filename.removesuffix(".npy")
            if names is not None and name not in names:
                continue
            # NumPy writes these two kinds; others could expand without limit or need much memory to do so.
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"{member.filename} is compressed in a way that numpy.savez does not use")
            if member.file_size > member.compress_size * DEFLATE_RATIO:
                raise ValueError(f"{member.filename} declares more bytes than it can hold")
            with archive.open(member) as stream:
                found[name] = read(stream, member.file_size)
    return found


def _read_header(stream: IO[bytes]) -> Header:
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version} of the array format")
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read_header(stream)
    if any(size < 0 for size in shape) or len(shape) > 32:
        raise ValueError(f"shape {shape}")
    return Header(shape, fortran_order, dtype, stream.tell())


def _read_array(stream: IO[bytes], available: int) -> np.ndarray:
    """Return one array in the format of numpy.save, of no more than `available` bytes."""
    header = _read_header(stream)
    shape, dtype, declared = header.shape, header.dtype, header.nbytes
    if dtype.kind not in KINDS or dtype.itemsize > 8:
        raise ValueError(f"values of type {dtype}, not numbers")
    if declared > min(available, MAX_BYTES):
        raise ValueError(f"its header declares {declared} bytes of data, more than there are")
    array = receive(stream, declared).view(dtype).reshape(shape, order="F" if header.fortran_order else "C")
    return array.astype(dtype.newbyteorder("="), copy=False)


def receive(stream: IO[bytes] | BufferedIOBase, declared: int) -> np.ndarray:
    """Return the `declared` bytes, uint8, that are left in a stream. Raises ValueError if it holds fewer or more."""
    values = np.empty(declared, np.uint8)
    received = 0
    while received < declared:
        data = stream.read(min(CHUNK, declared - received))
        if not data:
            raise ValueError(f"ends after {received:,} of {declared:,} bytes of data")
        values[received : received + len(data)] = np.frombuffer(data, np.uint8)
        received += len(data)
    if stream.read(1):  # also makes zip and gzip verify their checksums
        raise ValueError(f"continues after the {declared:,} bytes of data that its header declares")
    return values
