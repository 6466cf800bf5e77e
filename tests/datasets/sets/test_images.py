"""Folders of pictures as a data set."""

import numpy as np
import pytest
from PIL import Image

from trainer.datasets import DataError, Images

SIZES = [(40, 30), (64, 48), (33, 50)]


def rng():
    return np.random.default_rng(0)


@pytest.fixture
def folder(tmp_path):
    """Ten pictures each of two classes: dark cats and light dogs, in three sizes, one of them in colour."""
    for name, grey in (("cat", 40), ("dog", 200)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(10):
            mode, colour = ("RGB", (grey, grey, grey + 30)) if number == 0 else ("L", grey + number)
            Image.new(mode, SIZES[number % 3], colour).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def make(folder, **options):
    options = {"root": folder} | options
    return Images(**Images.completed(options, 0.1, rng()))


def test_size_channels_and_classes_follow_from_the_pictures(folder):
    dataset = make(folder)
    assert dataset.shape == (3, 32, 32)  # 33, the median, as a multiple of four
    assert dataset.class_names == ("cat", "dog")
    assert make(folder, size=[8, 10], channels=1).shape == (1, 8, 10)


def test_pictures_of_12_bits_in_files_of_16_are_told(folder):
    for number, path in enumerate(folder.glob("*/*.png")):
        Image.fromarray(np.full((8, 8), 100 * number + 100, np.uint16)).save(path)
    dataset = make(folder)
    dataset.load(0.1, rng())
    assert dataset.described()[2].startswith(f"{folder}: the brightest pixel is 7 of 255, so most of what they show")


@pytest.mark.parametrize("cached", [False, True])
def test_every_class_has_its_share_in_every_part(folder, tmp_path, cached):
    splits = make(folder, test=0.2, cache=tmp_path / "cache" if cached else None).load(0.25, rng())
    counts = {}
    for name in ("train", "validation", "test"):
        part = getattr(splits, name)
        counts[name] = np.bincount(part.targets).tolist()
        dark = part.inputs.mean(axis=(1, 2, 3)) < 128
        np.testing.assert_array_equal(dark, part.targets == 0)
    assert counts == {"train": [6, 6], "validation": [2, 2], "test": [2, 2]}


def test_what_is_decoded_is_kept_and_mapped_until_a_picture_changes(folder, tmp_path):
    dataset, cache = make(folder, cache=tmp_path / "cache"), tmp_path / "cache"
    first = dataset.load(0.1, rng()).train.inputs
    (kept,) = cache.glob("*.npy")
    written = kept.stat().st_mtime_ns
    np.testing.assert_array_equal(dataset.load(0.1, rng()).train.inputs, first)
    assert kept.stat().st_mtime_ns == written
    kept.unlink()
    np.testing.assert_array_equal(dataset.load(0.1, rng()).train.inputs, first)
    Image.new("L", (9, 9)).save(folder / "cat" / "0.png")
    assert not np.array_equal(dataset.load(0.1, rng()).train.inputs, first)
    assert not kept.exists()
    assert len([*cache.iterdir()]) == 2  # pixels, and which are damaged


def test_a_cache_that_cannot_be_written_is_said(folder, tmp_path, caplog):
    (tmp_path / "cache").touch()
    make(folder, cache=tmp_path / "cache").load(0.1, rng())
    assert "the pictures are decoded into memory" in caplog.text


def test_folders_that_name_the_splits_are_followed(folder):
    for name in ("train", "test"):
        (folder.parent / "split" / name).mkdir(parents=True)
        for kind in ("cat", "dog"):
            source = folder / kind
            for path in [*sorted(source.iterdir())][: 4 if name == "train" else 2]:
                target = folder.parent / "split" / name / kind
                target.mkdir(exist_ok=True)
                (target / path.name).write_bytes(path.read_bytes())
    splits = make(folder.parent / "split").load(0.25, rng())
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [6, 2, 4]


@pytest.mark.parametrize("cached", [False, True])
def test_all_damaged_pictures_are_named_at_once_or_left_out(folder, tmp_path, cached):
    for name in ("cat/3.png", "dog/7.png"):
        (folder / name).write_bytes((folder / name).read_bytes()[:50])
    cache = tmp_path / "cache" if cached else None
    with pytest.raises(DataError, match=r"2 of 20 pictures.*: cat/3\.png.*dog/7\.png.*set data\.skip_damaged=true"):
        make(folder, cache=cache).load(0.1, rng())
    dataset = make(folder, cache=cache, skip_damaged=True)
    splits = dataset.load(0.1, rng())
    assert sum(map(len, (splits.train, splits.validation, splits.test))) == 18
    faults = "2 of 20 pictures cannot be used and are left out: cat/3.png (damaged), dog/7.png (damaged)"
    assert dataset.described()[2:] == [f"{folder}: {faults}"]


def test_other_classes_than_trained_on_are_refused(folder):
    dataset = make(folder)
    (folder / "cow").mkdir()
    Image.new("L", (9, 9)).save(folder / "cow" / "0.png")
    with pytest.raises(DataError, match="its classes are cat, cow, dog, not cat, dog"):
        dataset.load(0.1, rng())


def test_a_trained_network_needs_no_folder(folder, tmp_path):
    found = Images.completed({"root": folder}, 0.1, rng()) | {"root": tmp_path / "gone"}
    assert Images.completed(found, 0.1, rng()) == found
    assert Images(**found).class_names == ("cat", "dog")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"fit": "squeeze"}, "fit: 'squeeze' is none of stretch, pad, crop"),
        ({"channels": 2}, "channels: 2 is neither 1"),
        ({"size": [0, 3]}, r"size: \[0, 3\] is not \[height, width\]"),
        ({"num_classes": 5}, "num_classes: 5 is not the number of classes, 2"),
    ],
)
def test_options_out_of_range(folder, options, problem):
    with pytest.raises(ValueError, match=problem):
        make(folder, **options)


def test_pictures_of_an_ignored_class_are_in_no_part(folder):
    for name in ("bird", "unsure"):
        (folder / name).mkdir()
        Image.new("L", (40, 40), 0).save(folder / name / "a.png")
        Image.new("L", (40, 40), 0).save(folder / name / "b.png")
    dataset = make(folder, ignore_label="bird")
    assert dataset.class_names == ("cat", "dog", "unsure")
    splits = dataset.load(0.2, rng())
    assert dataset.described()[-1] == f"{folder}: left out: 2 of class bird"
    labels = np.concatenate([part.targets for part in (splits.train, splits.validation, splits.test)])
    assert np.bincount(labels).tolist() == [10, 10, 2]
    with pytest.raises(DataError, match=r"data.ignore_label: no class is called 'cow'; the classes are bird, cat, dog"):
        make(folder, ignore_label="cow")
