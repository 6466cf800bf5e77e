"""Products cut into parts are the products, whatever the parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.kernels import product_sizes
from trainer.models.kernels.products import (
    SMALL_OUTPUT,
    SMALL_PRODUCT,
    _parts,
    _row_parts,
    blocks,
    matmul,
    product,
    product_transposed,
)

sizes = st.integers(1, 12)


@settings(max_examples=60)
@given(st.integers(1, 40), sizes, sizes, st.booleans(), st.booleans(), st.sampled_from([1, 50, 400, SMALL_PRODUCT]))
def test_matmul(rows, depth, columns, a_in_columns, b_in_columns, small):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(rows, depth)), rng.normal(size=(depth, columns))
    expected, out = a @ b, np.full((rows, columns), np.nan)
    a = np.asfortranarray(a) if a_in_columns else a
    b = np.asfortranarray(b) if b_in_columns else b
    with product_sizes(product=small, output=small // 4):
        assert matmul(a, b, out) is out
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("rows", "depth", "columns", "distance", "parts"),
    [
        (50, 784, 100, 0, 5),
        (50, 784, 100, 784 * 4, 5),
        (256, 784, 64, 0, 16),
        (10, 128, 64, 0, 1),
        (509, 784, 64, 0, 1),  # a prime number of rows
        (64, 1024, 64, 1024 * 4, 1),  # rows in each other's way
        (2048, 2048, 64, 0, 1),  # large enough to be packed
    ],
)
def test_parts_of_real_products(rows, depth, columns, distance, parts):
    assert _row_parts(rows, depth, columns, distance) == parts


@settings(max_examples=60)
@given(sizes, sizes, sizes, st.integers(1, 50), st.integers(1, 9), st.sampled_from([1, 50, 400, SMALL_PRODUCT]))
def test_product(batch, rows, depth, width, unit, small):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(rows, depth)), rng.normal(size=(batch, depth, width))
    out = np.full((batch, rows, width), np.nan)
    with product_sizes(product=small):
        product(a, b, out, unit)()
    np.testing.assert_allclose(out, a @ b, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("width", "largest", "parts"),
    [(224, 81, 7), (224, 224, 1), (217, 81, 7), (231, 40, 7), (231, 16, 1), (17, 16, 1), (100, 50, 2), (3, 2, 1)],
)
def test_columns_come_in_few_parts_of_whole_units(width, largest, parts):
    assert _parts(width, 16, largest) == parts


@settings(max_examples=60)
@given(sizes, sizes, sizes, sizes, st.sampled_from([1, 5, 40, SMALL_OUTPUT]))
def test_product_transposed(batch, rows, columns, width, small):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(batch, rows, width)), rng.normal(size=(batch, columns, width))
    with product_sizes(output=small):
        r, c = blocks(rows, columns)
        assert r * c <= small
        out = np.full((batch, rows // r, columns // c, r, c), np.nan)
        partial = product_transposed(a, b, out)()
    joined = partial.swapaxes(2, 3).reshape(batch, rows, columns)
    np.testing.assert_allclose(joined, a @ b.swapaxes(1, 2), rtol=0, atol=1e-12)


def test_real_sizes_are_small_products():
    for rows, columns in ((432, 16), (864, 64), (576, 32), (150, 16)):
        r, c = blocks(rows, columns)
        assert rows % r == columns % c == 0
        assert r * c <= SMALL_OUTPUT
