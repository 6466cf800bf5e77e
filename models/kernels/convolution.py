"""Choice of the fastest convolution kernel for a shape."""

from __future__ import annotations

from trainer.models.kernels.dense import DenseConvolution
from trainer.models.kernels.direct import DirectConvolution
from trainer.models.kernels.geometry import Geometry
from trainer.models.kernels.memory import Memory
from trainer.models.kernels.winograd import WinogradConvolution

LEAST_CHANNELS = 8  # with fewer, the transforms cost more than the products they save
LEAST_WORK = 400_000  # multiply-accumulates of an example; with fewer, calling the transforms costs more than it saves

Convolution = DenseConvolution | DirectConvolution | WinogradConvolution


def convolution(geometry: Geometry, n: int, memory: Memory, input_gradient: bool = True) -> Convolution:
    """Return the kernel that is fastest for a convolution, by rules that were measured.

    Args:
        geometry: The sizes.
        n: Number of examples.
        memory: Where the kernel's buffers come from.
        input_gradient: Whether backward will have to compute the gradient of x.
    """
    if DenseConvolution.fits(geometry):
        return DenseConvolution(geometry, n, memory)
    channels = min(geometry.in_channels, geometry.out_channels)
    if WinogradConvolution.fits(geometry) and channels >= LEAST_CHANNELS and geometry.macs >= LEAST_WORK:
        return WinogradConvolution(geometry, n, memory)
    return DirectConvolution(geometry, n, memory, input_gradient)
