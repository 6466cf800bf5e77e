"""Random regression."""

import numpy as np
import pytest

from trainer.datasets import Loader, RandomRegression


def test_shapes_and_types():
    dataset = RandomRegression((2, 4), examples=5, target=[1.0, -2.0])
    splits = dataset.load(0.2, np.random.default_rng(0))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [4, 1, 5]
    assert splits.train.inputs.shape == (4, 2, 4)
    assert splits.train.inputs.dtype == splits.train.targets.dtype == np.float32
    np.testing.assert_array_equal(splits.test.targets, [[1, -2]] * 5)
    assert dataset.num_classes is None
    assert dataset.class_names == ()


def test_the_seed_alone_decides():
    first, again, other = (RandomRegression(examples=3, seed=seed).read()[0].inputs for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
    train, test = RandomRegression(examples=3).read()
    assert (train.inputs != test.inputs).all()


def test_inputs_are_standard_normal():
    inputs = RandomRegression(examples=1000).read()[0].inputs
    assert abs(inputs.mean()) < 0.02
    assert abs(inputs.std() - 1) < 0.02


def test_inputs_reach_the_network_as_they_are():
    dataset = RandomRegression(examples=4)
    train, _ = dataset.read()
    loader = dataset.loader(train)
    assert isinstance(loader, Loader)
    batch = np.empty((1, 6, 6, 2))
    loader.load(np.array([2, 0]), batch)
    np.testing.assert_array_equal(batch, train.inputs[[2, 0]].transpose(1, 2, 3, 0))
    np.testing.assert_array_equal(loader.targets(np.array([2, 0])), [[1, 1]])


@pytest.mark.parametrize(("option", "value"), [("examples", 0), ("seed", -1)])
def test_refuses_bad_options(option, value):
    with pytest.raises(ValueError, match=option):
        RandomRegression(**{option: value})
