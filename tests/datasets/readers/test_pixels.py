"""Pictures decoded into one array, which is kept in a file."""

import json

import numpy as np
import pytest
from PIL import Image

from trainer.datasets.readers import pixels
from trainer.datasets.readers.pixels import decode


@pytest.fixture
def paths(tmp_path):
    """Five pictures of their own grey; the fourth is damaged."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(5):
        Image.new("L", (20, 10), 50 * number).save(folder / f"{number}.png")
    (folder / "3.png").write_bytes(b"no picture")
    return sorted(folder.iterdir())


def decoded(paths, shape=(1, 4, 4), fit="crop", background="white", cache=None):
    return decode(paths[0].parent, paths, shape, fit, background, cache)


@pytest.mark.parametrize("cached", [False, True])
def test_every_picture_has_its_row(paths, tmp_path, cached, monkeypatch):
    monkeypatch.setattr(pixels, "TOGETHER", 2)
    found = decoded(paths, cache=tmp_path / "cache" if cached else None)
    np.testing.assert_array_equal(found.array[:, 0, 1, 2], [0, 50, 100, 0, 200])
    assert isinstance(found.array, np.memmap) == cached
    assert found.damaged == {3: "3.png (not a picture)"}
    if cached:
        assert json.loads(found.list.read_text()) == {"3": "3.png (not a picture)"}


def test_decoding_is_the_same_whatever_the_number_of_threads(paths, monkeypatch):
    several = decoded(paths, (1, 12, 16), "pad", "black").array
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    np.testing.assert_array_equal(decoded(paths, (1, 12, 16), "pad", "black").array, several)


def files(cache):
    return {path.name: path.stat().st_mtime_ns for path in cache.glob("*.npy")}


def test_one_file_for_a_folder_and_the_same_options(paths, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    decoded(paths, cache=cache)
    kept = files(cache)
    monkeypatch.chdir(tmp_path)  # the same pictures by other names
    decoded([path.relative_to(tmp_path) for path in paths], cache=cache)
    assert files(cache) == kept
    for others in ({"shape": (3, 4, 4)}, {"fit": "pad"}, {"background": "black"}):
        decoded(paths, cache=cache, **others)
    assert len(files(cache)) == 4
    decoded(paths[:2], cache=cache)  # other pictures replace what was decoded before, with these options
    assert len(files(cache)) == 4
    assert not kept.keys() & files(cache).keys()


@pytest.mark.parametrize("damage", ["cut", "no list", "other type", "half a list"])
def test_what_is_not_whole_is_decoded_again(paths, tmp_path, damage):
    cache = tmp_path / "cache"
    expected = np.array(decoded(paths, cache=cache).array)
    (kept,) = cache.glob("*.npy")
    if damage == "cut":
        kept.write_bytes(kept.read_bytes()[:-5])
    elif damage == "no list":
        kept.with_suffix(".json").unlink()
    elif damage == "other type":
        np.save(kept, np.zeros(expected.shape))
    else:
        kept.with_suffix(".json").write_text('{"3": ')
    found = decoded(paths, cache=cache)
    np.testing.assert_array_equal(found.array, expected)
    assert [*found.damaged] == [3]


def test_same_size_and_time_but_other_content(paths, tmp_path):
    """As unpacked archives may have."""
    import os

    first = np.array(decoded(paths, cache=tmp_path / "cache").array)
    before = paths[1].stat()
    Image.new("L", (20, 10), 51).save(paths[1])
    assert paths[1].stat().st_size == before.st_size
    os.utime(paths[1], ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not np.array_equal(decoded(paths, cache=tmp_path / "cache").array, first)


def test_a_disk_that_is_full_leaves_nothing_and_is_said(paths, tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    found = decoded(paths, cache=tmp_path / "cache")
    assert not isinstance(found.array, np.memmap)
    assert "No space left on device; the pictures are decoded into memory" in caplog.text
    assert not [*(tmp_path / "cache").iterdir()]


def test_progress_is_said(paths, monkeypatch, caplog):
    monkeypatch.setattr(pixels, "TOGETHER", 2)
    monkeypatch.setattr(pixels, "SAID_EVERY", -1.0)
    decoded(paths)
    assert "4 of 5 pictures are decoded" in caplog.text
