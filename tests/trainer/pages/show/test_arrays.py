"""Arrays inside a page."""

import base64

import numpy as np
import pytest

from trainer.pages.show.arrays import packed


@pytest.mark.parametrize(
    ("given", "kept"),
    [("uint8", "uint8"), ("int64", "int32"), ("bool", "int32"), ("float32", "float32"), ("float64", "float32")],
)
def test_kinds(given, kept):
    array = np.array([[0, 1], [1, 3]], given).T  # not contiguous
    found = packed(array)
    assert found["type"] == kept
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(found["data"]), kept), array.ravel())
