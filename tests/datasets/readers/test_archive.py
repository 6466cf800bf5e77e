"""The reader of NumPy files, and files that mean harm."""

import io
import os
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from tests.helpers.hostile import npy_bytes, npy_header, refusal, write_npz, zero_npy
from trainer.datasets import DataError
from trainer.datasets.readers.archive import read_arrays


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("arrays")


def assert_refused(path, limit=8 << 20):
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as caught:
            read_arrays(path)
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert len(message) < 1000


numbers = arrays_of.integer_dtypes() | arrays_of.floating_dtypes(sizes=(16, 32, 64)) | arrays_of.boolean_dtypes()


@given(arrays_of.arrays(numbers, arrays_of.array_shapes(min_dims=0, min_side=0, max_side=4)), st.booleans())
def test_reads_what_numpy_writes(folder, array, compressed):
    for order in "CF":
        array = np.asarray(array, order=order)
        np.save(folder / "a.npy", array)
        (np.savez_compressed if compressed else np.savez)(folder / "a.npz", first=array, second=array)
        found = read_arrays(folder / "a.npz")
        assert list(found) == ["first", "second"]
        for copy in (read_arrays(folder / "a.npy")["a"], *found.values()):
            np.testing.assert_array_equal(copy, array)
            assert copy.dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\xff\xff",
        npy_bytes(npy_header(shape=(10**9, 10**9))),
        npy_bytes(npy_header(shape=(1 << 40,)), b"\0" * 100),
        npy_bytes(npy_header(shape=(-1, -6)), b"\0" * 6),
        npy_bytes(npy_header(shape=(2, 3)), b"\0" * 5),
        npy_bytes(npy_header(shape=(2, 3)), b"\0" * 7),
        npy_bytes(npy_header(shape=(1,) * 40), b"\0"),
        npy_bytes(npy_header(shape=(True, True)), b"\0"),
        npy_bytes(npy_header(descr="|O", shape=(1,)), b"cos\nsystem\n(S'true'\ntR."),
        npy_bytes(npy_header(descr="|S1000000000", shape=(1,)), b"\0"),
        npy_bytes(npy_header(descr="|V0", shape=(1 << 60,))),
        npy_bytes(npy_header(descr="[('a', 'u1')]", shape=(1,)), b"\0"),
        npy_bytes("(" * 5000, b"", (2, 0)),
        npy_bytes("{'descr': __import__('os').getpid(), 'fortran_order': False, 'shape': ()}\n"),
        npy_bytes(" " * 60000 + npy_header()),
        npy_bytes(npy_header(), version=(9, 9)),
    ],
)
def test_hostile_npy(content, folder):
    (folder / "a.npy").write_bytes(content)
    assert_refused(folder / "a.npy")
    assert_refused(write_npz(folder / "a.npz", {"a.npy": content}))


@pytest.mark.slow
def test_zip_bombs(folder):
    zeros = zero_npy(20_000_000)
    write_npz(folder / "a.npz", {"a.npy": zeros}, zipfile.ZIP_LZMA)  # 7 KB
    assert_refused(folder / "a.npz")
    write_npz(folder / "a.npz", {"a.npy": zeros}, zipfile.ZIP_BZIP2)
    assert_refused(folder / "a.npz")
    write_npz(folder / "a.npz", {str(index): b"" for index in range(1001)})
    assert_refused(folder / "a.npz")


def test_declared_sizes_of_members(folder):
    whole = write_npz(folder / "a.npz", {"a.npy": zero_npy(1000)}).read_bytes()
    directory = whole.rindex(b"PK\x01\x02")
    for size in (1 << 31, 0xFFFFFFFF, 10):
        changed = bytearray(whole)
        changed[directory + 24 : directory + 28] = size.to_bytes(4, "little")
        (folder / "b.npz").write_bytes(changed)
        assert_refused(folder / "b.npz")


def test_truncated_and_damaged(folder):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, images=np.arange(1000))
    whole = buffer.getvalue()
    for size in range(0, len(whole), 37):
        (folder / "a.npz").write_bytes(whole[:size])
        assert_refused(folder / "a.npz")
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    (folder / "a.npz").write_bytes(damaged)
    assert_refused(folder / "a.npz")


def test_no_files(folder):
    with pytest.raises(DataError, match="no such file"):
        read_arrays(folder / "none.npz")
    with pytest.raises(DataError, match="not a file"):
        read_arrays(folder)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.npz")
        with pytest.raises(DataError, match="not a file"):
            read_arrays(folder / "pipe.npz")


@given(st.binary(max_size=200), st.booleans())
def test_never_anything_but_arrays_or_a_line(folder, content, zipped):
    path = folder / "fuzz.npz"
    path.write_bytes((b"PK\x03\x04" if zipped else b"\x93NUMPY\x01\x00") + content)
    assert "\n" not in refusal(DataError, read_arrays, path)
