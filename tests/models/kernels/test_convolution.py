"""Which kernel serves which convolution."""

import pytest

from models.kernels.convolution import convolution
from models.kernels.direct import DirectConvolution
from models.kernels.winograd import WinogradConvolution
from tests.helpers.kernels import PlainMemory, check_kernel, geometry


@pytest.mark.parametrize(
    ("kind", "channels", "options"),
    [
        (WinogradConvolution, (16, 16), {"padding": (1, 1)}),
        (DirectConvolution, (3, 16), {"padding": (1, 1)}),
        (DirectConvolution, (16, 16), {"padding": (1, 1), "stride": (2, 2)}),
        (DirectConvolution, (16, 16), {"kernel": (5, 5), "padding": (2, 2)}),
    ],
)
def test_the_kernel_of_a_shape(kind, channels, options):
    sizes = geometry(*channels, (4, 5), **options)
    assert type(convolution(sizes, 2, PlainMemory())) is kind
    check_kernel(convolution, sizes, 1)
