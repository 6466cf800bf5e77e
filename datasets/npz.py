from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .errors import DataError


def read_npz(path: Path, names: Sequence[str]) -> tuple[np.ndarray, ...]:
    """Read the arrays `names` of a NumPy archive; nothing is unpickled. Raises DataError."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return tuple(archive[name] for name in names)
    except Exception as error:  # zip, zlib, the array header and the refusal of pickles each raise their own
        raise DataError(
            f"{path}: not an archive of {', '.join(names)} ({error}); replace it by an intact copy"
        ) from None
