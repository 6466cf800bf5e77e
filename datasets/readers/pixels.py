"""Many pictures as one array of pixels, decoded once and kept in a file."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from trainer.datasets.readers.picture import PictureError, quietly, read_image
from trainer.datasets.readers.picture_folder import within
from trainer.ground.files import replacing

log = logging.getLogger(__name__)

TOGETHER = 256  # pictures decoded before they are written
SAID_EVERY = 5.0  # seconds

Block = tuple[int, np.ndarray, dict[int, str]]
"""The number of the first of some pictures, their pixels (n, C, H, W), and the damaged ones, as in `Pixels`."""


@dataclass(frozen=True)
class Pixels:
    """Pictures as pixels.

    Attributes:
        array: (N, C, H, W) uint8; zeros where a picture is damaged.
        damaged: Names of damaged pictures and what is wrong with them, by their numbers.
        list: A file with these; None: there is none.
    """

    array: np.ndarray
    damaged: Mapping[int, str]
    list: Path | None = None


def decode(
    root: Path, paths: Sequence[Path], shape: tuple[int, int, int], fit: str, background: str, cache: Path | None = None
) -> Pixels:
    """Return pictures as pixels, mapped from a file in the folder `cache` if it is given.

    The file is named after root and options, and after the names, sizes and times of the pictures. If it exists,
    nothing is decoded. Once it is written, older ones of this root and these options are removed. If it cannot be
    written, the pixels are in memory.

    Args:
        root: A folder.
        paths: The paths of the pictures in it.
        shape: (C, H, W), to which each is brought.
        fit, background: See `read_image`.
        cache: A folder.
    """
    whole = (len(paths), *shape)
    if cache is not None:
        options = f"pictures-{_digest(str(root.absolute()), shape, fit, background)}"
        path = cache / f"{options}-{_digest(*(_identity(root, each) for each in paths))}.npy"
        try:
            if (found := _kept(path, whole)) is None:
                _write(path, _decoded(root, paths, shape, fit, background), whole)
                found = _kept(path, whole)
                for old in cache.glob(f"{options}-*"):
                    if old.stem != path.stem:
                        old.unlink()
            if found is not None:
                return found
        except OSError as error:
            log.warning("%s: %s; the pictures are decoded into memory", cache, error.strerror or error)
    pixels, damaged = np.zeros(whole, np.uint8), dict[int, str]()
    for start, block, faults in _decoded(root, paths, shape, fit, background):
        pixels[start : start + len(block)] = block
        damaged |= faults
    return Pixels(pixels, damaged)


def _kept(path: Path, whole: tuple[int, ...]) -> Pixels | None:
    """Return what an earlier call has written; None if it is not there, or not whole. Raises OSError."""
    try:
        damaged = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        array = np.load(path, mmap_mode="r")
    except (FileNotFoundError, ValueError):
        return None
    if array.shape != whole or array.dtype != np.uint8:
        return None
    return Pixels(array, {int(number): fault for number, fault in damaged.items()}, path.with_suffix(".json"))


def _write(path: Path, decoded: Iterator[Block], whole: tuple[int, ...]) -> None:
    """Write decoded pictures. They are not written through a map: a full disk must be an error, not a signal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    damaged: dict[int, str] = {}
    with replacing(path) as temporary:
        with temporary.open("wb") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": whole}
            np.lib.format.write_array_header_1_0(file, header)
            for _, block, faults in decoded:
                file.write(block)
                damaged |= faults
        with replacing(path.with_suffix(".json")) as faulty:
            faulty.write_text(json.dumps(damaged, indent=1), encoding="utf-8")


def _decoded(
    root: Path, paths: Sequence[Path], shape: tuple[int, int, int], fit: str, background: str
) -> Iterator[Block]:
    """Decode some pictures at a time, in several threads."""
    from concurrent.futures import ThreadPoolExecutor

    def one(path: Path) -> np.ndarray | str:
        try:
            return read_image(path, shape, fit=fit, background=background)
        except PictureError as error:
            return f"{within(root, path)} ({error.problem})"

    said = perf_counter()
    with quietly(), ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(paths), TOGETHER):
            block, faults = np.zeros((len(paths[start : start + TOGETHER]), *shape), np.uint8), {}
            for place, found in enumerate(pool.map(one, paths[start : start + TOGETHER])):
                if isinstance(found, str):
                    faults[start + place] = found
                else:
                    block[place] = found
            yield start, block, faults
            if perf_counter() - said > SAID_EVERY:
                said = perf_counter()
                # A warning, since this may be before logging is set up.
                log.warning("%s: %s of %s pictures are decoded", root, f"{start + len(block):,}", f"{len(paths):,}")


def _identity(root: Path, path: Path) -> str:
    """Return a text that changes with a picture's content; it includes times that cannot be set by hand."""
    try:
        status = path.stat()
    except OSError:  # a broken link
        return within(root, path)
    return f"{within(root, path)} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _digest(*parts: Any) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:12]
