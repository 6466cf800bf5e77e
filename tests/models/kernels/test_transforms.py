"""Winograd's matrices, and their products with whole arrays."""

import numpy as np
import pytest

from trainer.models.kernels.transforms import F2, F4, transform


@pytest.mark.parametrize("family", [F2, F4])
def test_transforms_are_winograds(family):
    """``Aᵀ [(G w) · (Bᵀ d)]`` is the three-tap filter."""
    rng = np.random.default_rng(0)
    d, w = rng.normal(size=family.products), rng.normal(size=3)
    y = family.output @ ((family.kernel @ w) * (family.input @ d))
    np.testing.assert_allclose(y, np.correlate(d, w), atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (3, 7, 32), (5, 1000, 16)])
def test_a_transform_is_a_product(shape):
    rng = np.random.default_rng(0)
    matrix, source = rng.normal(size=(4, 6)), rng.normal(size=(6, *shape))
    target = np.full((4, 2, *shape), np.nan)[:, 0]
    transform(matrix, source, target)()
    np.testing.assert_allclose(target, np.tensordot(matrix, source, 1), atol=1e-12)
