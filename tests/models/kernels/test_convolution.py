"""Which kernel serves which convolution."""

import pytest

from tests.helpers.kernels import PoisonedMemory, check_kernel, geometry
from trainer.models.kernels.convolution import convolution
from trainer.models.kernels.direct import DirectConvolution
from trainer.models.kernels.winograd import WinogradConvolution


@pytest.mark.parametrize(
    ("kind", "channels", "size", "options"),
    [
        (WinogradConvolution, (32, 32), (7, 7), {"padding": (1, 1)}),
        (DirectConvolution, (32, 32), (6, 6), {"padding": (1, 1)}),
        (DirectConvolution, (3, 512), (7, 7), {"padding": (1, 1)}),
        (DirectConvolution, (64, 64), (7, 7), {"padding": (1, 1), "stride": (2, 2)}),
        (DirectConvolution, (32, 32), (7, 7), {"kernel": (5, 5), "padding": (2, 2)}),
    ],
)
def test_the_kernel_of_a_shape(kind, channels, size, options):
    sizes = geometry(*channels, size, **options)
    assert type(convolution(sizes, 2, PoisonedMemory())) is kind
    check_kernel(convolution, sizes, 1)
