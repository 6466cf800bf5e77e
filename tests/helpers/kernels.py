"""Tests of the engine's convolution kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from trainer.models.kernels import products
from trainer.models.kernels.geometry import Geometry, Window
from trainer.models.kernels.memory import Layout
from trainer.models.kernels.reference import conv2d_im2col, conv2d_im2col_gradient, conv2d_naive
from trainer.models.memory import Arena, Memory

Array = np.ndarray
MOST_LOOPS = 100_000  # multiply-accumulates of an example


class PoisonedMemory:
    """A kernel's memory, in which all dead memory is NaN."""

    def __init__(self, dtype: str = "float64") -> None:
        self.dtype = np.dtype(dtype)
        arena = Arena()
        self.buffers, self.shared = Memory(arena, poisoned=True), Memory(arena, poisoned=True)

    def buffer(self, name: str, shape: tuple[int, ...], dtype: np.dtype | type | None = None) -> Array:
        return self.buffers.view(name, shape, np.dtype(dtype or self.dtype))

    def scratch(self, name: str, shape: tuple[int, ...], dtype: np.dtype | type | None = None) -> Array:
        return self.shared.view(name, shape, np.dtype(dtype or self.dtype))

    def zeros(self, name: str, layout: Layout) -> Array:
        return self.buffers.zeros(name, layout, self.dtype)

    def scratch_zeros(self, name: str, layout: Layout) -> Array:
        return self.shared.zeros(name, layout, self.dtype)


@contextmanager
def product_sizes(product: int = products.SMALL_PRODUCT, output: int = products.SMALL_OUTPUT) -> Iterator[None]:
    """Cut matrix products into parts of at most these sizes, within this context."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "SMALL_PRODUCT", product)
        patch.setattr(products, "SMALL_OUTPUT", output)
        _forget_products()
        yield
    _forget_products()


def _forget_products() -> None:
    products._parts.cache_clear()
    products._row_parts.cache_clear()
    products.blocks.cache_clear()


def geometry(
    channels: int, outputs: int, size: tuple[int, int], kernel=(3, 3), stride=(1, 1), padding=(0, 0), dilation=(1, 1)
) -> Geometry:
    """Return the geometry of a convolution on images of ``size``."""
    return Geometry(
        channels, outputs, *(Window(*axis) for axis in zip(size, kernel, stride, padding, dilation, strict=True))
    )


def check_kernel(
    make: Callable, sizes: Geometry, n: int, dtype: str = "float64", seed: int = 0, dx: bool = True
) -> None:
    """Compare a kernel's output and gradients with the textbooks' convolution and with PyTorch's.

    Args:
        make: ``make(geometry, n, memory)`` returns the kernel.
        sizes: The geometry.
        n: Number of examples.
        dtype: float32 or float64.
        seed: Of the arrays.
        dx: Whether the gradient of the input is wanted.

    Errors, relative to the largest element, may be 1e-12 in float64 and 1e-4 in float32. Everything runs twice with
    different numbers, since buffers are reused, and no argument may be written to.
    """
    memory = PoisonedMemory(dtype)
    kernel = make(sizes, n, memory)
    rng = np.random.default_rng(seed)
    for _ in range(2):
        x = rng.normal(size=(n, sizes.in_channels, sizes.rows.size, sizes.cols.size)).astype(dtype)
        w = rng.normal(size=(sizes.out_channels, sizes.in_channels, sizes.rows.kernel, sizes.cols.kernel)).astype(dtype)
        dz = rng.normal(size=(n, sizes.out_channels, sizes.rows.outputs, sizes.cols.outputs)).astype(dtype)
        results = _run(kernel, memory, x, w, dz, dx)
        expected = zip(naive(sizes, x, w, dz), torch(sizes, x, w, dz), strict=True)
        for name, ours, references in zip(results, results.values(), expected, strict=False):
            for reference in references:
                largest = max(float(np.abs(reference).max()), 1e-3)
                tolerance = {"float64": 1e-12, "float32": 1e-4}[dtype]
                np.testing.assert_allclose(ours, reference, rtol=0, atol=tolerance * largest, err_msg=name)
                assert ours.dtype == dtype


def naive(sizes: Geometry, x: Array, w: Array, dz: Array) -> tuple[Array, Array, Array]:
    """Return output and gradients of weight and input from the definition, batch-first, in float64.

    Large ones by im2col, which tests/models/kernels/test_reference.py compares with the definition.
    """
    options = _options(sizes)
    x, w, dz = (array.astype(float) for array in (x, w, dz))
    dx, dw, _ = conv2d_im2col_gradient(x, w, dz, *options)
    convolve = conv2d_naive if sizes.macs < MOST_LOOPS else conv2d_im2col
    return convolve(x, w, None, *options), dw, dx


def torch(sizes: Geometry, x: Array, w: Array, dz: Array) -> tuple[Array, Array, Array]:
    """Return the same from PyTorch, in float64."""
    torch = pytest.importorskip("torch")
    x, w = (torch.tensor(array.astype(float), requires_grad=True) for array in (x, w))
    y = torch.nn.functional.conv2d(x, w, None, *_options(sizes))
    y.backward(torch.tensor(dz.astype(float)))
    return tuple(array.numpy(force=True) for array in (y, w.grad, x.grad))


def _options(sizes: Geometry) -> list[tuple[int, int]]:
    return [(getattr(sizes.rows, name), getattr(sizes.cols, name)) for name in ("stride", "padding", "dilation")]


def _run(kernel, memory: PoisonedMemory, x: Array, w: Array, dz: Array, wants_dx: bool) -> dict[str, Array]:
    x, dz = (np.ascontiguousarray(array.transpose(1, 2, 3, 0)) for array in (x, dz))
    z, dw, dx = np.full_like(dz, np.nan), np.full_like(w, np.nan), np.full_like(x, np.nan)
    for array in (x, w, dz):
        array.flags.writeable = False
    memory.buffers.spoil()
    memory.shared.spoil()
    kernel.forward(x, w, z)
    memory.shared.spoil()  # other nodes use it before this one goes backward
    kernel.backward(x, w, dz, dw, dx if wants_dx else None)
    results = {"output": z.transpose(3, 0, 1, 2), "dw": dw}
    return results | ({"dx": dx.transpose(3, 0, 1, 2)} if wants_dx else {})
