"""Kernels as large as their images against the definition and PyTorch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.kernels import PoisonedMemory, check_kernel, geometry
from trainer.models.kernels.dense import DenseConvolution, dense_gradient


@given(
    st.integers(1, 3),
    st.integers(1, 5),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(1, 4),
    st.sampled_from(["float64", "float32"]),
    st.booleans(),
)
def test_equals_the_definition_and_pytorch(channels, outputs, size, stride, n, dtype, dx):
    sizes = geometry(channels, outputs, size, kernel=size, stride=stride)
    assert DenseConvolution.fits(sizes)
    check_kernel(DenseConvolution, sizes, n, dtype, dx=dx)


@pytest.mark.parametrize("options", [{"kernel": (3, 4)}, {"kernel": (3, 3), "padding": (1, 0)}])
def test_which_convolutions_it_can(options):
    assert not DenseConvolution.fits(geometry(2, 3, (3, 3), **options))


@pytest.mark.parametrize("sample_first", [False, True])
def test_gradients_of_a_product(sample_first):
    rng = np.random.default_rng(0)
    x, weight, dy = rng.normal(size=(6, 5)), rng.normal(size=(3, 6)), rng.normal(size=(3, 5))
    dweight, dx = np.full((3, 6), np.nan), np.full((6, 5), np.nan)
    dense_gradient(np.asfortranarray(x) if sample_first else x, weight, dy, dweight, dx, PoisonedMemory())
    np.testing.assert_allclose(dweight, dy @ x.T, atol=1e-12)
    np.testing.assert_allclose(dx, weight.T @ dy, atol=1e-12)
