import numpy as np
import pytest

from trainer.datasets import Examples, Loader


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("source", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(1, 6, 5), (3, 6, 5), (7,)])
@pytest.mark.parametrize("normalisation", ["none", "one value", "one each"])
def test_loader_equals_the_formula(shape, source, dtype, normalisation):
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 256, (40, *shape)).astype(source)
    count = {"none": 0, "one value": 1, "one each": shape[0]}[normalisation]
    mean, std = (rng.uniform(0.1, 0.9, count), rng.uniform(0.1, 0.9, count)) if count else (None, None)
    before = inputs.copy()

    loader = Loader(Examples(inputs, np.arange(40)), mean, std)

    axes = (-1,) + (1,) * (len(shape) - 1)
    for indices in (rng.permutation(40)[:16], rng.permutation(40)[:5], np.arange(40)):  # the buffers shrink and grow
        x = inputs[indices].astype(np.float64) / (255 if source == np.uint8 else 1)
        if count:
            x = (x - mean.reshape(axes)) / std.reshape(axes)
        out = np.full((*shape, len(indices)), np.nan, dtype=dtype)
        loader.load(indices, out)
        tolerance = 1e-12 if dtype == np.float64 else 1e-5
        np.testing.assert_allclose(out, np.moveaxis(x, 0, -1), rtol=tolerance, atol=tolerance)
        sample_first = np.full((len(indices), *shape), np.nan, dtype=dtype)
        loader.load(indices, np.moveaxis(sample_first, 0, -1))
        np.testing.assert_array_equal(np.moveaxis(sample_first, 0, -1), out)
    np.testing.assert_array_equal(inputs, before)


def test_values_far_from_zero_keep_their_digits():
    values = np.random.default_rng(0).normal(1.7e9, [10.0, 1e4], (50, 2))
    out = np.empty((2, 50), np.float32)
    Loader(Examples(values, np.zeros(50)), values.mean(axis=0), values.std(axis=0)).load(np.arange(50), out)
    np.testing.assert_allclose(out.T, (values - values.mean(axis=0)) / values.std(axis=0), rtol=1e-4, atol=1e-5)


def test_loader_fills_part_of_a_larger_buffer():
    inputs = np.random.default_rng(0).integers(0, 256, (30, 2, 4, 4), dtype=np.uint8)
    loader = Loader(Examples(inputs, np.zeros(30)), [0.5, 0.4], [0.2, 0.3])
    whole = np.empty((2, 4, 4, 12), dtype=np.float32)
    loader.load(np.arange(12), whole)
    buffer = np.full((2, 4, 4, 12), np.nan, dtype=np.float32)
    loader.load(np.arange(5), buffer[..., :5])
    loader.load(np.arange(5, 12), buffer[..., 5:])
    np.testing.assert_array_equal(buffer, whole)


def test_loader_checks_indices_and_shapes():
    loader = Loader(Examples(np.zeros((10, 1, 2, 2), dtype=np.uint8), np.arange(10)), None, None)
    out = np.empty((1, 2, 2, 1))
    for index in (-1, 10):
        with pytest.raises(IndexError):
            loader.load(np.array([index]), out)
        with pytest.raises(IndexError):
            loader.targets(np.array([index]))
    with pytest.raises(ValueError, match="reshape"):
        loader.load(np.array([1, 2]), out)


def test_loader_of_no_examples():
    loader = Loader(Examples(np.zeros((0, 1, 2, 2), dtype=np.uint8), np.zeros(0, dtype=np.int64)), [0.5], [0.5])
    none = np.arange(0)
    loader.load(none, np.empty((1, 2, 2, 0)))
    assert loader.targets(none).shape == (0,)


def test_targets_are_batch_last():
    indices = np.array([4, 0, 2])
    inputs = np.zeros((5, 3), dtype=np.float32)
    labels = np.arange(5) * 10
    np.testing.assert_array_equal(Loader(Examples(inputs, labels), None, None).targets(indices), [40, 0, 20])
    values = np.arange(10, dtype=np.float32).reshape(5, 2)
    targets = Loader(Examples(inputs, values), None, None).targets(indices)
    np.testing.assert_array_equal(targets, [[8, 0, 4], [9, 1, 5]])
    assert targets.flags.c_contiguous


def test_weights_are_those_of_the_examples_loaded_last():
    weights = np.arange(5, dtype=np.float32)
    weighted, plain = (Loader(Examples(arrays, weights)) for arrays in (
        {"input": np.zeros((5, 3), np.float32), "weight": weights}, np.zeros((5, 3), np.float32)
    ))  # fmt: skip
    assert weighted.weights is None
    for loader in (weighted, plain):
        loader.load(np.array([4, 0, 2]), np.empty((3, 3), np.float32))
    assert weighted.weights.tolist() == [4, 0, 2]
    assert plain.weights is None
