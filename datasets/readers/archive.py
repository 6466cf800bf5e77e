"""Reader of NumPy files (.npy, .npz) that trusts nothing it reads."""

from __future__ import annotations

import math
import os
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from trainer.datasets.errors import DataError

MAX_BYTES = 2 << 30
MAX_MEMBERS = 1000
CHUNK = 1 << 20
DEFLATE_RATIO = 1040  # deflate cannot expand further than 1032 : 1
KINDS = "biuf"  # booleans, integers, floats


def read_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read the numeric arrays of an .npz archive by their names, or that of an .npy file under its stem.

    Nothing is unpickled. The sizes that headers declare are held against the file before any memory is taken for
    them, and memory never exceeds the arrays' own by more than a few MB. Raises DataError for whatever is wrong.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: not a file; give a file made by numpy.save or numpy.savez")
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            zipped = file.read(4) == b"PK\x03\x04"
            file.seek(0)
            return _read_archive(file) if zipped else {path.stem: _read_array(file, size)}
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    except Exception as error:  # zip, zlib, lzma and the parser of array headers each raise their own
        problem = str(error).partition("\n")[0][:200] or type(error).__name__
        raise DataError(f"{path}: not an intact file of arrays ({problem}); replace it") from None


def _read_archive(file: IO[bytes]) -> dict[str, np.ndarray]:
    arrays, left = {}, MAX_BYTES
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise ValueError(f"it has {len(members)} members")
        for member in members:
            # numpy writes these two kinds; others could expand without bound or use much memory to expand.
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"{member.filename} is compressed in a way that numpy.savez does not use")
            if member.file_size > member.compress_size * DEFLATE_RATIO:
                raise ValueError(f"{member.filename} declares more bytes than it can hold")
            with archive.open(member) as stream:
                array = _read_array(stream, min(member.file_size, left))
            left -= array.nbytes
            arrays[member.filename.removesuffix(".npy")] = array
    return arrays


def _read_array(stream: IO[bytes], available: int) -> np.ndarray:
    """One array in the format of numpy.save, with no more than `available` bytes."""
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version} of the array format")
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read_header(stream)
    if dtype.kind not in KINDS or dtype.itemsize > 8:
        raise ValueError(f"values of type {dtype}, not numbers")
    if any(size < 0 for size in shape) or len(shape) > 32:
        raise ValueError(f"shape {shape}")
    declared = math.prod(shape) * dtype.itemsize
    if declared > min(available, MAX_BYTES):
        raise ValueError(f"its header declares {declared} bytes of data, more than there are")
    values = np.empty(declared, np.uint8)
    received = 0
    while received < declared:
        data = stream.read(min(CHUNK, declared - received))
        if not data:
            raise ValueError(f"it ends after {received} of {declared} bytes of data")
        values[received : received + len(data)] = np.frombuffer(data, np.uint8)
        received += len(data)
    if stream.read(1):  # also makes zip verify its checksum
        raise ValueError(f"it goes on after the {declared} bytes of data that its header declares")
    array = values.view(dtype).reshape(shape, order="F" if fortran_order else "C")
    return array.astype(dtype.newbyteorder("="), copy=False)
