"""Reader of named arrays in a NumPy archive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.readers.archive import read_arrays


def read_npz(path: Path, names: Sequence[str]) -> tuple[np.ndarray, ...]:
    """Return the arrays `names` of a NumPy archive; nothing is unpickled. Raises DataError."""
    arrays = read_arrays(path)
    if missing := [name for name in names if name not in arrays]:
        raise DataError(f"{path}: has no array {', '.join(missing)}; replace it by an intact copy")
    return tuple(arrays[name] for name in names)
