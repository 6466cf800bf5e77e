"""Products cut into parts are the products, whatever the parts."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.kernels.products import SMALL_OUTPUT, SMALL_PRODUCT, blocks, multiply, multiply_transposed
from tests.helpers.kernels import product_sizes

sizes = st.integers(1, 12)


@settings(max_examples=60)
@given(sizes, sizes, sizes, sizes, st.sampled_from([1, 2, 4]), st.sampled_from([1, 50, 400, SMALL_PRODUCT]))
def test_multiply(batch, rows, depth, units, unit, small):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(rows, depth)), rng.normal(size=(batch, depth, units * unit))
    out = np.full((batch, rows, units * unit), np.nan)
    with product_sizes(product=small):
        multiply(a, b, out, unit)
    np.testing.assert_allclose(out, a @ b, rtol=0, atol=1e-12)


@settings(max_examples=60)
@given(sizes, sizes, sizes, sizes, st.sampled_from([1, 5, 40, SMALL_OUTPUT]))
def test_multiply_transposed(batch, rows, columns, width, small):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(batch, rows, width)), rng.normal(size=(batch, columns, width))
    with product_sizes(output=small):
        r, c = blocks(rows, columns)
        assert r * c <= small
        partial = multiply_transposed(a, b, np.full((batch, rows // r, columns // c, r, c), np.nan))
    joined = partial.swapaxes(2, 3).reshape(batch, rows, columns)
    np.testing.assert_allclose(joined, a @ b.swapaxes(1, 2), rtol=0, atol=1e-12)


def test_real_sizes_are_small_products():
    for rows, columns in ((432, 16), (864, 64), (576, 32), (150, 16)):
        r, c = blocks(rows, columns)
        assert rows % r == columns % c == 0
        assert r * c <= SMALL_OUTPUT
