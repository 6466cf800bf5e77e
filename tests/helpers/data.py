"""Small IDX files."""

import gzip
import struct
from pathlib import Path

import numpy as np

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx_bytes(array: np.ndarray) -> bytes:
    """Return the IDX encoding of `array`."""
    header = struct.pack(f">HBB{array.ndim}I", 0, CODES[array.dtype.str[1:]], array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def random_images(train: int = 20, test: int = 10, size: int = 6, num_classes: int = 10) -> tuple[np.ndarray, ...]:
    """Return training images and labels, then test images and labels, uint8."""
    rng = np.random.default_rng(0)
    arrays = []
    for count in (train, test):
        arrays += [rng.integers(0, 256, (count, size, size)), rng.integers(0, num_classes, count)]
    return tuple(array.astype(np.uint8) for array in arrays)


def write_idx_files(folder: Path, arrays: tuple[np.ndarray, ...], compressed: bool = True) -> Path:
    """Write the four files of an image set and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(NAMES, arrays, strict=True):
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(array), mtime=0))
        else:
            (folder / name).write_bytes(idx_bytes(array))
    return folder
