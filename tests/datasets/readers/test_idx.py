import contextlib
import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.helpers.data import CODES, idx_bytes
from trainer.datasets import DataError, read_idx

IMAGES = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)


def read(tmp_path_factory, data: bytes) -> np.ndarray:
    path = tmp_path_factory.getbasetemp() / "file"
    path.write_bytes(data)
    return read_idx(path)


@given(
    array=st.sampled_from(sorted(CODES)).flatmap(
        lambda code: hnp.arrays(np.dtype(code), hnp.array_shapes(max_dims=4, min_side=0, max_side=5))
    ),
    compressed=st.booleans(),
)
def test_reads_what_was_written(tmp_path_factory, array, compressed):
    data = idx_bytes(array)
    result = read(tmp_path_factory, gzip.compress(data, mtime=0) if compressed else data)
    assert result.dtype == array.dtype
    assert result.dtype.isnative
    np.testing.assert_array_equal(result, array)


@given(data=st.binary(max_size=200), prefix=st.sampled_from([b"", b"\0\0\x08\x01", b"\x1f\x8b", b"\x1f\x8b\x08\0"]))
def test_random_bytes_are_an_array_or_a_data_error(tmp_path_factory, data, prefix):
    check_array_or_data_error(tmp_path_factory, prefix + data)


@given(
    data=st.binary(max_size=60), dimensions=st.lists(st.integers(0, 2**32 - 1), max_size=6), code=st.integers(0, 255)
)
def test_any_header_is_an_array_or_a_data_error(tmp_path_factory, data, dimensions, code):
    header = struct.pack(f">HBB{len(dimensions)}I", 0, code, len(dimensions), *dimensions)
    check_array_or_data_error(tmp_path_factory, header + data)
    check_array_or_data_error(tmp_path_factory, gzip.compress(header + data, mtime=0))


@given(flips=st.lists(st.integers(0), min_size=1, max_size=3), compressed=st.booleans())
def test_flipped_bits_are_an_array_or_a_data_error(tmp_path_factory, flips, compressed):
    data = bytearray(gzip.compress(idx_bytes(IMAGES), mtime=0) if compressed else idx_bytes(IMAGES))
    for flip in flips:
        data[flip // 8 % len(data)] ^= 1 << flip % 8
    check_array_or_data_error(tmp_path_factory, bytes(data))


@pytest.mark.parametrize("compressed", [False, True])
def test_every_truncation_is_refused(tmp_path_factory, compressed):
    data = gzip.compress(idx_bytes(IMAGES), mtime=0) if compressed else idx_bytes(IMAGES)
    for length in range(len(data)):
        with pytest.raises(DataError):
            read(tmp_path_factory, data[:length])


@pytest.mark.parametrize("compressed", [False, True])
def test_huge_declared_size_takes_no_memory(tmp_path_factory, compressed):
    data = struct.pack(">HBB3I", 0, 0x08, 3, 60_000, 2**16, 2**16) + b"\0" * 100
    tracemalloc.start()
    with pytest.raises(DataError, match="more than the file can hold"):
        read(tmp_path_factory, gzip.compress(data, mtime=0) if compressed else data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_surplus_of_a_gzip_bomb_is_not_unpacked(tmp_path_factory):
    bomb = gzip.compress(idx_bytes(IMAGES) + bytes(32 << 20))
    tracemalloc.start()
    with pytest.raises(DataError, match="continues after the 60 bytes"):
        read(tmp_path_factory, bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "ends within its header"),
        (b"\x89PNG rest", "magic number"),
        (b"\0\0\x07\1\0\0\0\0", "magic number"),
        (b"\0\0\x08\0", "0 dimensions"),
        (b"\0\0\x08\5" + bytes(20), "5 dimensions"),
        (b"\0\0\x08\1\0\0\0\3ab", "ends after 2 of 3 bytes"),
        (gzip.compress(b"\0\0\x08\1\0\0\0\3ab", mtime=0), "ends after 2 of 3 bytes"),
        (b"\0\0\x08\1\0\0\0\1ab", "continues after the 1 bytes"),
        (gzip.compress(idx_bytes(IMAGES), mtime=0)[:-9], "ends early"),
        (gzip.compress(idx_bytes(IMAGES), mtime=0)[:-8] + bytes(8), "corrupt"),
        (gzip.compress(idx_bytes(IMAGES), mtime=0) + b"tail", "corrupt"),
    ],
)
def test_messages_name_the_file_the_fault_and_the_remedy(tmp_path, data, message):
    path = tmp_path / "broken"
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        read_idx(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert str(caught.value).endswith("replace it by an intact copy")
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders_are_data_errors(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_idx(tmp_path / "absent")
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path)


def check_array_or_data_error(tmp_path_factory, data: bytes) -> None:
    tracemalloc.start()
    with contextlib.suppress(DataError):
        assert isinstance(read(tmp_path_factory, data), np.ndarray)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20
