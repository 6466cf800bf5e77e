"""Examples as arrays, in memory or mapped."""

import re
from pathlib import Path

import numpy as np
import pytest

from trainer.datasets import INPUT, Examples, examples

STATUS = Path("/proc/self/status")


def mapped_bytes():
    return int(re.search(r"RssFile:\s+(\d+)", STATUS.read_text())[1]) << 10


@pytest.mark.skipif(not STATUS.exists(), reason="memory is measured on Linux")
@pytest.mark.parametrize("released", [True, False])
def test_a_large_mapped_file_is_not_held(tmp_path, monkeypatch, released):
    monkeypatch.setattr(examples, "RESIDENT", 1 << 22 if released else 1 << 30)
    values = np.arange(8192 * 4096, dtype=np.uint8).reshape(8192, 4096)  # 32 MB
    np.save(tmp_path / "x.npy", values)
    source = Examples(np.load(tmp_path / "x.npy", mmap_mode="r"), np.zeros(8192, np.int64))
    rows, before = np.empty((256, 4096), np.uint8), mapped_bytes()
    for start in range(0, 8192, 256):
        source.read(np.arange(start, start + 256), {INPUT: rows}, None)
        np.testing.assert_array_equal(rows, values[start : start + 256])
    assert (mapped_bytes() - before < 1 << 24) == released
