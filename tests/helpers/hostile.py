"""Hostile files."""

import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def refusal(errors: type | tuple[type, ...], work: Callable, *arguments: Any) -> str:
    """Return the text of the expected error, or "" if there is none."""
    try:
        work(*arguments)
    except errors as error:
        return str(error) or type(error).__name__
    return ""


def safetensors_bytes(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    """Return a safetensors file with any header; `length` is the size that it declares for the header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def npy_bytes(header: str, data: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """Return a .npy file with any header."""
    text = header.encode()
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + size + text + data


def npy_header(descr: str = "|u1", shape: object = (2, 3), fortran_order: bool = False) -> str:
    return repr({"descr": descr, "fortran_order": fortran_order, "shape": shape}) + "\n"


def write_npz(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def zero_npy(size: int) -> bytes:
    return npy_bytes(npy_header(shape=(size,)), bytes(size))


def png_bytes(width: int, height: int, depth: int = 8, color: int = 0, data: bytes = b"") -> bytes:
    """Return a PNG that declares any size, with any (compressed) data."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def checkpoint_bytes(tensors: dict[str, np.ndarray], **changes: Any) -> bytes:
    """Return a checkpoint with changed metadata."""
    from safetensors.numpy import save

    metadata = {
        "format": 1,
        "config": {},
        "fingerprint": "",
        "epoch": 1,
        "step": 2,
        "steps_per_epoch": 2,
        "tally": {},
        "seconds": {},
        "history": [{"epoch": 1}],
        "best": None,
        "generators": {},
    }
    return save(tensors, {"trainer": json.dumps(metadata | changes)})
