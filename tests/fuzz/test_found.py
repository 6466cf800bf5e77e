"""What the fuzzers found, file by file."""

import struct

import pytest

from trainer.datasets import DataError, read_idx


def test_idx_of_no_values_in_huge_dimensions(tmp_path):
    dimensions = (0x08000000, 0, 0x894FF, 0xFF000000)
    (tmp_path / "a.idx").write_bytes(struct.pack(">HBB4I", 0, 8, 4, *dimensions))
    with pytest.raises(DataError):
        read_idx(tmp_path / "a.idx")
