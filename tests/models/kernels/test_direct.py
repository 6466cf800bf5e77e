"""Convolution by one-dimensional columns against the definition and PyTorch."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.helpers.kernels import check_kernel, geometry, product_sizes
from trainer.models.kernels.direct import DirectConvolution

dtypes = st.sampled_from(["float64", "float32"])
pairs = {"kernel": (1, 4), "stride": (1, 3), "padding": (0, 2), "dilation": (1, 3)}


@st.composite
def geometries(draw, plain=False):
    """Any geometry that has an output; ``plain`` ones have stride and dilation 1, which the kernel treats by itself."""
    options = {name: draw(st.tuples(st.integers(*ends), st.integers(*ends))) for name, ends in pairs.items()}
    if plain:
        options |= {"stride": (1, 1), "dilation": (1, 1)}
    size = draw(st.tuples(st.integers(1, 6), st.integers(1, 5)))
    sizes = geometry(draw(st.integers(1, 3)), draw(st.integers(1, 3)), size, **options)
    assume(min(sizes.rows.outputs, sizes.cols.outputs) >= 1)
    return sizes


@pytest.mark.parametrize("plain", [False, True])
def test_equals_the_definition_and_pytorch(plain):
    @settings(max_examples=60)
    @given(geometries(plain), st.integers(1, 2), dtypes, st.booleans(), st.integers(0, 99))
    def check(sizes, n, dtype, input_gradient, seed):
        make = lambda *arguments: DirectConvolution(*arguments, input_gradient)  # noqa: E731
        check_kernel(make, sizes, n, dtype, seed, dx=input_gradient)

    check()


@settings(max_examples=30)
@given(geometries(plain=True), st.integers(1, 3), st.integers(1, 60))
def test_products_of_any_size(sizes, n, size):
    with product_sizes(product=size, output=size):
        check_kernel(lambda *arguments: DirectConvolution(*arguments, True), sizes, n)


@pytest.mark.parametrize(
    ("correlates", "options"),
    [
        (True, {"padding": (1, 1)}),
        (True, {"padding": (2, 2), "dilation": (2, 2)}),
        (False, {"padding": (1, 1), "stride": (2, 1)}),
        (False, {"kernel": (5, 5)}),  # of 7x7: most taps would meet padding
        (False, {"padding": (3, 0)}),  # more padding than the kernel reaches over
        (False, {"kernel": (1, 1), "padding": (1, 1)}),
    ],
)
def test_both_ways_back(correlates, options):
    """Which gradient is computed in which way, so that the random geometries above are known to meet both."""
    sizes = geometry(2, 3, (7, 7), **options)
    kernels = []
    check_kernel(lambda *arguments: kernels.append(DirectConvolution(*arguments, True)) or kernels[0], sizes, 2)
    assert kernels[0].correlates == correlates
