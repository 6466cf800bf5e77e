"""snapshots/: the weights of epochs."""

import numpy as np
import pytest

from tests.helpers.training import last, small_config, train
from trainer import load
from trainer.runs import checkpoint
from trainer.training.callbacks import Snapshots


def test_the_weights_before_the_first_epoch_and_after_every_few(tmp_path):
    train(small_config("epochs=3"), tmp_path, Snapshots(every=2))
    files = sorted(path.name for path in (tmp_path / "snapshots").iterdir())
    assert files == [f"epoch_000{epoch}.safetensors" for epoch in (0, 2, 3)]
    final, saved = last(tmp_path), checkpoint.read(tmp_path / "snapshots" / files[-1])
    assert saved.metadata["epoch"] == 3
    assert saved.tensors.keys() == final.parameters.keys()
    for name, array in saved.tensors.items():
        np.testing.assert_array_equal(array, final.tensors[name])
    assert load(tmp_path / "snapshots" / files[0]).predict(np.zeros((1, 1, 8, 8), np.uint8)).shape == (1, 10)


def test_those_of_an_earlier_run_in_the_directory_do_not_stay(tmp_path):
    train(small_config("epochs=2"), tmp_path, Snapshots())
    train(small_config("epochs=1"), tmp_path, Snapshots())
    assert len([*(tmp_path / "snapshots").iterdir()]) == 2
    train(small_config("epochs=1"), tmp_path)
    assert not [*(tmp_path / "snapshots").iterdir()]


def test_options_out_of_range_are_named():
    with pytest.raises(ValueError, match="every: 0"):
        Snapshots(every=0)
