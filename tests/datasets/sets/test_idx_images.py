import gzip
import os
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.helpers.data import NAMES, idx_bytes, random_images, write_idx_files
from trainer import datasets
from trainer.datasets import MNIST, DataError, FashionMNIST
from trainer.datasets.sets import idx_images

ARRAYS = random_images()


@pytest.fixture(autouse=True)
def bare_machine(tmp_path, monkeypatch):
    """No data anywhere, no network: a home of its own, and a download that only fails."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    for key in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(key, str(home))
    for key in ("TRAINER_DATA", "KERAS_HOME"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setattr(idx_images, "cache_folder", lambda name: tmp_path / "cache" / name)

    def no_network(files, mirrors, folder):
        raise DataError("no network")

    monkeypatch.setattr(idx_images, "download", no_network)
    return home


def small(kind=MNIST, **options):
    return kind(**{"shape": [1, 6, 6], "num_classes": 10, **options})


def check_read(dataset, arrays=ARRAYS) -> None:
    train, test = dataset.read()
    for examples, images, labels in ((train, *arrays[:2]), (test, *arrays[2:])):
        np.testing.assert_array_equal(examples.inputs, images[:, np.newaxis])
        np.testing.assert_array_equal(examples.targets, labels)
        assert examples.inputs.dtype == np.uint8
        assert examples.targets.dtype == np.int64


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("kind", [MNIST, FashionMNIST])
def test_files_are_found_everywhere(bare_machine, tmp_path, monkeypatch, kind, compressed):
    def place(folder):
        return write_idx_files(folder, ARRAYS, compressed)

    check_read(small(kind, root=place(tmp_path / "mine")))
    with pytest.raises(DataError, match="no network"):
        small(kind).read()
    for folder in ("data", ".", "../home/data", "datasets"):
        raw = place(bare_machine / folder / kind.__name__ / "raw")
        check_read(small(kind))
        for path in raw.iterdir():
            path.unlink()
    place(tmp_path / "cache" / kind.name)
    check_read(small(kind))


def test_files_with_a_dot_in_their_names(bare_machine, tmp_path):
    for path in write_idx_files(tmp_path / "mine", ARRAYS).iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    check_read(small(MNIST, root=tmp_path / "mine"))


def test_trainer_data_names_a_folder_of_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAINER_DATA", str(tmp_path / "all"))
    with pytest.raises(DataError, match=r"^TRAINER_DATA: "):
        small().read()
    write_idx_files(tmp_path / "all" / "mnist", ARRAYS)
    check_read(small())
    with pytest.raises(DataError, match="no network"):
        small(FashionMNIST).read()


def test_where_the_files_are_is_known_without_reading_them(bare_machine, tmp_path, monkeypatch):
    assert small().place() is None
    write_idx_files(bare_machine / "data/MNIST/raw", ARRAYS)
    assert small().place() == "data/MNIST/raw"
    (bare_machine / "data/MNIST/raw" / f"{NAMES[3]}.gz").unlink()
    assert small().place() is None
    monkeypatch.setenv("TRAINER_DATA", str(tmp_path / "collection"))
    folder = write_idx_files(tmp_path / "collection/mnist", ARRAYS)
    assert small().place() == str(folder)
    (folder / f"{NAMES[0]}.gz").unlink()
    with pytest.raises(DataError, match=f"has no {NAMES[0]}.gz"):
        small().place()


def test_keras_caches(bare_machine, tmp_path, monkeypatch):
    write_idx_files(bare_machine / ".keras" / "datasets" / "fashion-mnist", ARRAYS)
    check_read(small(FashionMNIST))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras" / "datasets").mkdir(parents=True)
    keys = ("x_train", "y_train", "x_test", "y_test")
    archive = tmp_path / "keras" / "datasets" / "mnist.npz"
    np.savez(archive, **dict(zip(keys, ARRAYS, strict=True)))
    check_read(small())


def test_keras_archive_is_never_unpickled(bare_machine):
    class Trap:
        def __reduce__(self):
            return Path.touch, (bare_machine / "trap",)

    archive = bare_machine / ".keras" / "datasets" / "mnist.npz"
    archive.parent.mkdir(parents=True)
    np.savez(archive, x_train=np.array([Trap()], dtype=object))
    with pytest.raises(DataError, match="no network"):
        small().read()
    assert not (bare_machine / "trap").exists()


@pytest.mark.parametrize("damage", [b"", b"PK\3\4 broken"])
def test_damaged_caches_are_passed_over(bare_machine, tmp_path, damage):
    archive = bare_machine / ".keras" / "datasets" / "mnist.npz"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(damage)
    (write_idx_files(tmp_path / "cache" / "mnist", ARRAYS) / f"{NAMES[0]}.gz").write_bytes(damage)
    with pytest.raises(DataError, match="no network"):
        small().read()
    write_idx_files(bare_machine / "data" / "MNIST" / "raw", ARRAYS)
    check_read(small())


def test_downloads_into_the_cache(tmp_path, monkeypatch):
    def bring(files, mirrors, folder):
        assert set(files) == {f"{name}.gz" for name in NAMES}
        assert len(mirrors) >= 3
        write_idx_files(folder, ARRAYS)

    monkeypatch.setattr(idx_images, "download", bring)
    check_read(small())
    assert (tmp_path / "cache" / "mnist").is_dir()


def test_named_folder_must_be_complete(tmp_path):
    folder = write_idx_files(tmp_path / "mine", ARRAYS)
    (folder / f"{NAMES[3]}.gz").unlink()
    for root in (folder, tmp_path / "absent"):
        with pytest.raises(DataError, match=r"has no .*\.gz; put the four IDX files of mnist there") as caught:
            small(root=root).read()
        assert str(caught.value).startswith(str(root))


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (NAMES[0], np.zeros((20, 6, 5), np.uint8), "set data.shape"),
        (NAMES[0], np.zeros((20, 3, 6, 6), np.uint8), "set data.shape"),
        (NAMES[0], np.zeros((20, 6, 6), np.int16), "replace it by the file of images"),
        (NAMES[0], np.zeros((20,), np.uint8), "replace it by the file of images"),
        (NAMES[0], np.zeros((0, 6, 6), np.uint8), "replace it by the file of images"),
        (NAMES[1], np.zeros((19,), np.uint8), "replace it by the file of labels"),
        (NAMES[1], np.zeros((20, 1), np.uint8), "replace it by the file of labels"),
        (NAMES[1], np.zeros((20,), np.float32), "replace it by the file of labels"),
        (NAMES[3], np.full((10,), 10, np.uint8), "label 10 of example 0 is outside 0..9; set data.num_classes"),
        (NAMES[3], np.full((10,), -1, np.int8), "label -1 of example 0 is outside 0..9"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, name, array, message):
    path = write_idx_files(tmp_path, ARRAYS) / f"{name}.gz"
    path.write_bytes(gzip.compress(idx_bytes(array)))
    with pytest.raises(DataError) as caught:
        small(root=tmp_path).read()
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("options", [{"shape": [28]}, {"shape": [1, 0, 28]}, {"num_classes": 0}])
def test_options_that_describe_no_images_are_refused(options):
    with pytest.raises(ValueError, match=f"^{next(iter(options))}: "):
        small(**options)


REAL_DATA = os.environ.get("TRAINER_DATA")
CONFIGS = Path(__file__).parents[3] / "configs" / "data"


@pytest.mark.slow
@pytest.mark.skipif(not REAL_DATA, reason="TRAINER_DATA names no real data")
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_real_data(name, monkeypatch):
    monkeypatch.setenv("TRAINER_DATA", REAL_DATA)
    config = yaml.safe_load((CONFIGS / f"{name}.yaml").read_text())
    dataset = getattr(datasets, config.pop("_target_").split(".")[1])(**config)
    splits = dataset.load(0.1, np.random.default_rng(0))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [54_000, 6_000, 10_000]
    assert splits.train.inputs.dtype == np.uint8
    train, test = dataset.read()
    assert np.bincount(test.targets).min() >= 892
    assert len(np.unique(train.targets)) == len(dataset.class_names) == 10
    pixels = train.inputs.reshape(-1) * np.float32(1 / 255)
    mean = pixels.mean()
    deviation = np.sqrt(np.dot(pixels, pixels) / pixels.size - mean**2)
    np.testing.assert_allclose([mean, deviation], config["mean"] + config["std"], atol=1e-4)


def test_kept_files_are_read_once_until_they_change(tmp_path, monkeypatch):
    reads = []
    read = idx_images.read_idx
    monkeypatch.setattr(idx_images, "read_idx", lambda path: reads.append(path.name) or read(path))
    root = write_idx_files(tmp_path / "mine", ARRAYS, True)
    check_read(small(root=root))
    check_read(small(root=root))
    assert len(reads) == 8
    files = idx_images.KeptFiles()
    for _ in range(3):
        with files:
            check_read(small(root=root))
            assert not small(root=root).read()[0].inputs.flags.writeable
    assert len(reads) == 12
    others = random_images(train=25, test=12)
    write_idx_files(root, others, True)
    for path in root.iterdir():
        os.utime(path, ns=(1, 1))
    with files:
        check_read(small(root=root), others)
        assert len(reads) == 16
        files.clear()
        check_read(small(root=root), others)
    assert len(reads) == 20
