"""Figures over all examples."""

import numpy as np
import pytest

from trainer.datasets import Examples, Subset
from trainer.datasets import source as sources
from trainer.datasets.statistics import mean_and_std, scale_of


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_chunks_give_the_figures_of_the_whole(monkeypatch, chunk):
    monkeypatch.setattr(sources, "CHUNK", chunk)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (50, 3, 4, 5), dtype=np.uint8)
    mean, std = mean_and_std(Subset(Examples(pixels, np.zeros(50)), np.arange(40)))
    np.testing.assert_allclose(mean, pixels[:40].mean(axis=(0, 2, 3)) / 255, rtol=1e-5)
    np.testing.assert_allclose(std, pixels[:40].std(axis=(0, 2, 3)) / 255, rtol=1e-5)


def test_values_far_from_zero_and_constant_ones():
    values = np.stack([1e6 + np.arange(10.0), np.full(10, 3.0)], axis=1)
    mean, std = mean_and_std(Examples(values, np.zeros(10)))
    assert mean == [1e06 + 4.5, 3.0]
    np.testing.assert_allclose(std, [np.arange(10.0).std(), 1.0], rtol=1e-5)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e6 / 7])
def test_the_rounding_of_equal_values_is_no_deviation(value):
    for count in range(400, 420):
        assert mean_and_std(Examples(np.full((count, 1), value), np.zeros(count)))[1] == [1.0]
        assert scale_of(np.full(count, value).std(), value, count) == 1


def test_no_examples():
    assert mean_and_std(Examples(np.empty((0, 2)), np.empty(0))) == ([0.0], [1.0])
