"""Arrays inside a page."""

import base64

import numpy as np

TYPES = {"f": "<f4", "i": "<i4", "u": "<i4", "b": "<i4"}


def packed(array: np.ndarray) -> dict[str, str]:
    """Return an array for `arrayFrom` in tensor.js: uint8 as it is, other integers as int32, floats as float32.

    The shape is left out: in the page it is known from elsewhere.
    """
    kept = array if array.dtype == np.uint8 else array.astype(TYPES[array.dtype.kind])
    content = base64.b64encode(np.ascontiguousarray(kept).tobytes()).decode("ascii")
    return {"type": kept.dtype.name, "data": content}
