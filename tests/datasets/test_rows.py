"""Large mapped arrays, of which a process holds little."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from trainer.datasets import INPUT, DataError, Examples, rows
from trainer.datasets.handover import describe, restore

STATUS = Path("/proc/self/status")


@pytest.fixture
def mapped(tmp_path):
    values = np.arange(8192 * 4096, dtype=np.uint8).reshape(8192, 64, 64)  # 32 MB
    np.save(tmp_path / "x.npy", values)
    return np.load(tmp_path / "x.npy", mmap_mode="r")


def held():
    return int(re.search(r"RssFile:\s+(\d+)", STATUS.read_text())[1]) << 10


@pytest.mark.skipif(not STATUS.exists(), reason="memory is measured on Linux")
@pytest.mark.parametrize("large", [True, False])
def test_a_large_file_is_not_held(mapped, monkeypatch, large):
    monkeypatch.setattr(rows, "LARGE", 1 << 20 if large else 1 << 30)
    source = Examples(mapped, np.zeros(8192, np.int64))
    out, before = np.empty((256, 64, 64), np.uint8), held()
    for start in range(0, 8192, 256):
        source.read(np.arange(start, start + 256), {INPUT: out}, None)
    assert (held() - before < 1 << 22) == large


def test_rows_in_any_order_and_in_other_processes(mapped, monkeypatch):
    monkeypatch.setattr(rows, "LARGE", 1 << 20)
    source = Examples(mapped, np.zeros(8192, np.int64))
    there = restore(*describe([source]))[0]
    for indices in ([5], [7, 8, 9], [8191, 0, 0, 4000], []):
        expected = mapped[indices] if indices else np.empty((0, 64, 64))
        for each in (source, there, pickle.loads(pickle.dumps(source._rows[INPUT]))):
            out = np.zeros((len(indices), 64, 64), np.uint8)
            each.read(np.array(indices, np.int64), *((out,) if isinstance(each, rows.Rows) else ({INPUT: out}, None)))
            np.testing.assert_array_equal(out, expected)


def test_a_file_that_has_been_cut_is_said(mapped, monkeypatch, tmp_path):
    monkeypatch.setattr(rows, "LARGE", 1 << 20)
    source = Examples(mapped, np.zeros(8192, np.int64))
    with (tmp_path / "x.npy").open("r+b") as file:
        file.truncate(1 << 20)
    with pytest.raises(DataError, match="is shorter than before"):
        source.read(np.array([8000]), {INPUT: np.empty((1, 64, 64), np.uint8)}, None)


def test_small_files_are_read_through_their_map(mapped):
    assert not Examples(mapped, np.zeros(8192, np.int64))._rows
