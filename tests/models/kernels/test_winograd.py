"""3x3 convolutions by Winograd's transforms against the definition and PyTorch."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.helpers.kernels import check_kernel, geometry, product_sizes
from trainer.models.kernels import winograd
from trainer.models.kernels.transforms import F2, F4
from trainer.models.kernels.winograd import WinogradConvolution, best_family

dtypes = st.sampled_from(["float64", "float32"])
families = pytest.mark.parametrize("family", [F2, F4])


@st.composite
def geometries(draw):
    size = draw(st.tuples(st.integers(1, 4), st.integers(1, 11)))
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    sizes = geometry(draw(st.integers(1, 3)), draw(st.integers(1, 3)), size, padding=padding)
    assume(min(sizes.rows.outputs, sizes.cols.outputs) >= 1)
    return sizes


@families
def test_equals_the_definition_and_pytorch(family):
    @settings(max_examples=60)
    @given(geometries(), st.integers(1, 2), st.integers(1, 9_000), dtypes, st.booleans(), st.integers(0, 99))
    def check(sizes, n, chunk_bytes, dtype, dx, seed):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(winograd, "best_family", lambda _: family)
            patch.setattr(winograd, "CHUNK_BYTES", chunk_bytes)
            check_kernel(WinogradConvolution, sizes, n, dtype, seed, dx)

    check()


@families
@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_chunks_of_rows(family, chunk, monkeypatch):
    """One row, some rows, all rows at a time: two of the rows that a chunk reads belong to the chunk before."""
    monkeypatch.setattr(winograd, "best_family", lambda _: family)
    for padding in ((0, 0), (1, 1), (2, 2)):

        def make(*arguments):
            kernel = WinogradConvolution(*arguments)
            kernel.chunk = chunk
            return kernel

        check_kernel(make, geometry(3, 2, (7, 9), padding=padding), 2)


@families
@pytest.mark.parametrize("size", [1, 20, 500, 5000])
def test_products_of_any_size(family, size, monkeypatch):
    monkeypatch.setattr(winograd, "best_family", lambda _: family)
    with product_sizes(product=size, output=size):
        check_kernel(WinogradConvolution, geometry(4, 6, (3, 8), padding=(1, 1)), 2)


@pytest.mark.parametrize("size", [14, 7])
def test_float32_at_the_sizes_of_real_networks(size):
    check_kernel(WinogradConvolution, geometry(16, 16, (size, size), padding=(1, 1)), 1, "float32")


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ({}, True),
        ({"padding": (2, 0)}, True),
        ({"padding": (3, 0)}, False),
        ({"stride": (1, 2)}, False),
        ({"dilation": (2, 1)}, False),
        ({"kernel": (3, 1)}, False),
    ],
)
def test_which_convolutions_it_can(options, fits):
    assert WinogradConvolution.fits(geometry(16, 16, (8, 8), **options)) == fits


def test_the_family_suits_the_width():
    """F(4, 3) where its tiles are full, F(2, 3) where they would stay half empty."""
    assert best_family(geometry(32, 32, (28, 28), padding=(1, 1))) is F4
    assert best_family(geometry(32, 32, (2, 2), padding=(1, 1))) is F2
