"""Data that moved are the same data; other data in the same place are not."""

import numpy as np
import pytest

from tests.helpers.data import random_images, write_idx_files
from tests.helpers.training import At, assert_same_run, last, resumed, small_config, train
from trainer import datasets, load
from trainer.datasets import DataError
from trainer.pages.report.predictions import predict
from trainer.runs import checkpoint, data, resume
from trainer.runs.checkpoint import CheckpointError
from trainer.runs.folder import LAST
from trainer.runs.measured import measured

DATA = ("data=mnist", "data.shape=[1,6,6]", "batch_size=100", "epochs=2")


def stop(run):
    run.stop("stopped by the test")


@pytest.fixture
def arrays():
    return random_images(train=400, test=50)


@pytest.fixture
def config(arrays, tmp_path):
    write_idx_files(tmp_path / "old", arrays)
    return lambda *overrides: small_config(*DATA, *overrides)


@pytest.fixture
def whole(config, tmp_path):
    train(config(f"data.root={tmp_path / 'old'}"), tmp_path / "whole")
    return tmp_path / "whole"


@pytest.mark.slow
def test_data_that_moved(config, whole, tmp_path):
    train(config(f"data.root={tmp_path / 'old'}"), tmp_path / "parts", At(3, stop))
    (tmp_path / "old").rename(tmp_path / "new")
    resumed(config(f"data.root={tmp_path / 'new'}"), tmp_path / "parts", At(5, stop))
    resumed(config(f"data.root={tmp_path / 'new'}"), tmp_path / "parts")
    assert_same_run(whole, tmp_path / "parts")


def test_a_relative_place_from_another_folder(config, whole, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train(config("data.root=old"), tmp_path / "parts", At(3, stop))
    saved = last(tmp_path / "parts").metadata["config"]
    monkeypatch.chdir(tmp_path / "whole")
    resumed(saved, tmp_path / "parts")
    assert_same_run(whole, tmp_path / "parts")


def test_a_collection_that_moved(config, whole, arrays, tmp_path, monkeypatch):
    write_idx_files(tmp_path / "all" / "mnist", arrays)
    monkeypatch.setenv("TRAINER_DATA", str(tmp_path / "all"))
    train(config(), tmp_path / "parts", At(3, stop))
    (tmp_path / "all").rename(tmp_path / "elsewhere")
    monkeypatch.setenv("TRAINER_DATA", str(tmp_path / "elsewhere"))
    resumed(config(), tmp_path / "parts")
    assert_same_run(whole, tmp_path / "parts")


@pytest.mark.parametrize("spoilt", [0, 1, 2, 3], ids=["images", "labels", "test images", "test labels"])
def test_other_data(spoilt, config, arrays, tmp_path):
    train(config(f"data.root={tmp_path / 'old'}"), tmp_path / "parts", At(3, stop))
    arrays[spoilt][7] ^= 1
    write_idx_files(tmp_path / "old", arrays)
    before = (tmp_path / "parts" / LAST).read_bytes()
    with pytest.raises(CheckpointError) as caught:
        resumed(config(f"data.root={tmp_path / 'old'}"), tmp_path / "parts")
    assert str(caught.value) == (
        f"{tmp_path / 'parts' / LAST}: the data are not those that the run began with; "
        "give their place with data.root=PATH"
    )
    assert (tmp_path / "parts" / LAST).read_bytes() == before


def test_a_network_is_not_measured_on_other_data_without_a_word(whole, arrays, tmp_path, capsys):
    network = load(whole)
    measured(network)
    predict(network)
    assert capsys.readouterr().err == ""
    images, labels, *test = arrays
    more = (np.concatenate([each, each[:40]]) for each in (images, labels))
    write_idx_files(tmp_path / "old", (*more, *test))
    measured(network)
    assert capsys.readouterr().err.startswith("warning: the data have changed since the run, which may have learned")
    with pytest.raises(DataError, match="mnist: the data have changed since the run"):
        predict(network)
    assert measured(network, dataset=network.dataset).split == "test"
    assert capsys.readouterr().err == ""


def test_an_older_checkpoint_does_not_know(config, whole, tmp_path):
    """Its fingerprint is of the place, too."""
    config = config(f"data.root={tmp_path / 'old'}")
    train(config, tmp_path / "parts", At(3, stop))
    saved = last(tmp_path / "parts")
    metadata = {name: value for name, value in saved.metadata.items() if name != "data"}
    metadata["fingerprint"] = resume._hash(metadata["config"])
    assert metadata["fingerprint"] != saved.metadata["fingerprint"]
    checkpoint.write(checkpoint.Checkpoint(saved.tensors, metadata), tmp_path / "parts" / LAST)
    resumed(config, tmp_path / "parts")
    assert_same_run(whole, tmp_path / "parts")


def test_large_data_are_hashed_in_part(monkeypatch):
    pixels, labels = np.zeros((300, 1, 6, 6), np.uint8), np.zeros(300, np.int64)
    splits = datasets.Splits(*[datasets.Examples(pixels, labels)] * 3)
    assert data.content(splits) == data.content(splits)
    monkeypatch.setattr(data, "MOST_BYTES", 36 * 100)
    known = [data.content(splits)]
    for change in ((pixels, 0), (pixels, -1), (labels, 1)):  # the first and the last are among them, and all labels
        change[0][change[1]] += 1
        known.append(data.content(splits))
    assert len({*known}) == 4
    pixels[1] += 1
    assert data.content(splits) == known[-1]


def test_places():
    assert data.places(small_config("data=mnist")) == ["root"]
    assert data.places(small_config()) == []

