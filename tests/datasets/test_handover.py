"""Sources described to other processes: arrays in memory are given once, mapped ones mapped again."""

import pickle

import numpy as np
import pytest

from trainer.datasets import DataError, Examples, Subset
from trainer.datasets.handover import describe, restore
from trainer.datasets.transforms import Augmented, RandomFlip


def handed_over(*sources):
    description, arrays = describe(sources)
    assert len(description) < 3000
    return restore(description, [array.copy() for array in arrays])


def examples(count=100):
    rng = np.random.default_rng(0)
    return Examples(rng.integers(0, 256, (count, 1, 8, 8), dtype=np.uint8), np.arange(count))


def test_splits_of_one_array_share_it():
    base = examples(1000)
    train, validation = Subset(base, np.arange(900)), Subset(base, np.arange(900, 1000))
    description, arrays = describe([train, validation])
    assert sum(array.nbytes for array in arrays) == 1000 * (64 + 8) + 900 * 8 + 100 * 8
    there = restore(description, arrays)
    assert there[0].source is there[1].source
    assert np.shares_memory(there[0].source.arrays["input"], base.arrays["input"])
    np.testing.assert_array_equal(there[1].inputs, base.inputs[900:])
    np.testing.assert_array_equal(there[0].targets, np.arange(900))


def test_augmentations_go_along():
    (there,) = handed_over(Augmented(examples(), {"flip": RandomFlip(p=1.0)}))
    assert there.augmentations["flip"].p == 1.0


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_mapped_array_is_mapped_again(tmp_path, order):
    values = np.asarray(np.random.default_rng(0).normal(size=(50, 6)), order=order)
    np.save(tmp_path / "x.npy", values)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    description, arrays = describe([Examples(mapped, np.arange(50))])
    assert [array.nbytes for array in arrays] == [50 * 8]
    (there,) = restore(description, arrays)
    assert isinstance(there.arrays["input"], np.memmap)
    np.testing.assert_array_equal(there.inputs, values)


def test_arrays_that_are_not_in_one_piece():
    source = examples()
    source.arrays["input"] = source.arrays["input"][:, :, ::2]
    description, arrays = describe([source])
    assert [array.nbytes for array in arrays] == [100 * 32, 100 * 8]
    np.testing.assert_array_equal(restore(description, arrays)[0].arrays["input"], source.arrays["input"])


def test_what_cannot_be_pickled():
    source = examples()
    source.file = open(__file__)  # noqa: PTH123, SIM115
    with source.file, pytest.raises(DataError, match=r"^Examples: cannot be handed to worker processes .*__getstate__"):
        describe([source])


def test_a_source_is_pickled_by_itself_too():
    there = pickle.loads(pickle.dumps(Subset(examples(), np.array([3]))))
    assert there.targets.tolist() == [3]
