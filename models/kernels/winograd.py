"""3×3 convolutions of stride 1 by one-dimensional Winograd transforms along the width: half the products (F(4, 3)).

    V = Bᵀ d        the inputs of each tile, transformed
    M = U · V       U = G w; one matrix product for each of a tile's positions
    z = Aᵀ M        the outputs of each tile

The three kernel rows are merged into the inner dimension of the product as in :mod:`models.kernels.columns`: V lies
row behind row, so that the three rows under an output row are one ``(3C, tiles · N)`` matrix without copying. Both
gradients go through ``dM = A dz``, computed once: ``dU = dM Vᵀ``, and ``dd = B dV`` with ``dV = Uᵀ dM``.

Inside, the width is split into phases (:mod:`models.kernels.phases`), so that each transform is one flat matrix product
over long contiguous arrays. A row of a phase has one slot more than tiles: a shift by one tile is then a shift of the
flat array, and what runs over the end of a row meets the spare slot.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import as_strided

from models.kernels.geometry import Geometry, Memory, Window
from models.kernels.phases import join, split
from models.kernels.products import UNIT, blocks, multiply, multiply_transposed
from models.kernels.transforms import F2, F4, Family, transform

CHUNK_BYTES = 5_000_000  # rows are worked through in chunks whose transforms stay in the caches
GAP = 32  # elements between arrays of a transform: a multiple of 4 KB apart they push each other out of the cache
TRANSFORM_COST = 4  # multiply-accumulates of a product in the time of one of a transform, copying included; measured

Allocate = Callable[[str, tuple[int, ...]], np.ndarray]


class WinogradConvolution:
    """``z = W ∗ x`` and its gradients for one shape; arrays are batch-last.

    Args:
        geometry: 3×3, stride and dilation 1, padding at most 2.
        n: Examples.
        memory: Where buffers come from.
    """

    def __init__(self, geometry: Geometry, n: int, memory: Memory) -> None:
        rows, cols = geometry.rows, geometry.cols
        self.geometry, self.n, self.memory = geometry, n, memory
        self.family = best_family(geometry)
        self.tiles = -(-cols.outputs // self.family.outputs)
        self.slots = self.tiles + 1
        channels, products = geometry.in_channels, self.family.products
        self.v = self._apart(memory.buffer, "winograd V", products, rows.size + 2 * rows.padding, channels, self.slots)
        row = 4 * n * self.slots * (products + self.family.outputs) * (channels + geometry.out_channels)
        chunks = -(-rows.size // max(1, CHUNK_BYTES // row))
        self.chunk = -(-rows.size // chunks)

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether this kernel can compute a convolution."""
        return all(
            w.kernel == 3 and w.stride == 1 and w.dilation == 1 and w.padding <= 2
            for w in (geometry.rows, geometry.cols)
        )

    def forward(self, x: np.ndarray, weight: np.ndarray, z: np.ndarray) -> None:
        """``z = W ∗ x``. x (C, H, W, N), weight (O, C, 3, 3), z (O, OH, OW, N)."""
        rows, family, width = self.geometry.rows, self.family, self.tiles * self.n
        u, merged = self._transform_kernel(weight), _merged(self.v, width)
        self.v[:, : rows.padding] = 0
        self.v[:, rows.padding + rows.size :] = 0
        lines = z.transpose(1, 0, 2, 3)
        done = 0
        for first in range(0, rows.outputs, self.chunk):
            last = min(rows.outputs, first + self.chunk)
            self._transform_input(x, max(0, done - rows.padding), min(rows.size, last + 2 - rows.padding))
            done = last + 2
            shape = last - first, len(weight), self.tiles
            m = self._apart(self.memory.scratch, "winograd M", family.products, *shape)
            multiply(u[:, None], merged[:, first:last], m.reshape(*m.shape[:3], width), UNIT)
            y = self._apart(self.memory.scratch, "winograd y", family.outputs, *shape)
            transform(family.output, m, y)
            join(y, lines[first:last])

    def backward(
        self, x: np.ndarray, weight: np.ndarray, dz: np.ndarray, dweight: np.ndarray, dx: np.ndarray | None
    ) -> None:
        """The gradients by weight and, unless None, by x, after a forward with this x."""
        rows, n, family = self.geometry.rows, self.n, self.family
        outputs, channels = weight.shape[:2]
        width = self.tiles * n
        skipped = 2 - rows.padding  # zero rows above and below dz, where the kernel hangs over the edge
        dm = self._apart(self.memory.scratch, "winograd dM", family.products, rows.size + 2, outputs, self.tiles)
        dm[:, :skipped] = 0
        dm[:, rows.outputs + skipped :] = 0
        merged_v, merged_dm = _merged(self.v, width), _merged(dm, width)
        flipped = None if dx is None else self._flip(self._transform_kernel(weight))
        r, c = blocks(3 * channels, outputs)
        total = self.memory.scratch("winograd dU", (family.products, 3 * channels // r, outputs // c, r, c))
        total.fill(0)
        done = 0
        for first in range(0, rows.size, self.chunk):
            last = min(rows.size, first + self.chunk)
            begin, end = max(0, done - skipped), min(rows.outputs, last + 2 - skipped)  # of dz
            if end > begin:
                chunk = dm[:, begin + skipped : end + skipped]
                self._transform_output_gradient(dz[:, begin:end], chunk)
                self._add_kernel_gradient(merged_v[:, begin:end], chunk.reshape(*chunk.shape[:3], width), total)
            done = last + 2
            if dx is not None:
                self._input_gradient(flipped, merged_dm[:, first:last], dx[:, first:last])
        self._kernel_gradient(total, dweight)

    def _transform_kernel(self, weight: np.ndarray) -> np.ndarray:
        """U (products, O, 3C), kernel rows before channels."""
        outputs, channels = weight.shape[:2]
        by_column = self.memory.scratch("winograd weight", (3, outputs, 3, channels))
        np.copyto(by_column, weight.transpose(3, 0, 2, 1))
        u = self.memory.buffer("winograd U", (self.family.products, outputs, 3 * channels))
        kernel = self.family.kernel.astype(weight.dtype)
        np.matmul(kernel, by_column.reshape(3, -1), out=u.reshape(self.family.products, -1))
        return u

    def _flip(self, u: np.ndarray) -> np.ndarray:
        """U as the gradient reads it: (products, C, 3·O), kernel rows from the last to the first."""
        products, outputs, depth = u.shape
        flipped = self.memory.scratch("winograd flipped", (products, depth // 3, 3, outputs))
        np.copyto(flipped, u.reshape(products, outputs, 3, depth // 3)[:, :, ::-1].transpose(0, 3, 2, 1))
        return flipped.reshape(products, depth // 3, 3 * outputs)

    def _transform_input(self, x: np.ndarray, begin: int, end: int) -> None:
        """V = Bᵀ d for rows begin to end of x."""
        if end <= begin:
            return
        family, cols, n = self.family, self.geometry.cols, self.n
        m = family.outputs
        d = self._zeros("tiles", family.products, end - begin, len(x), self.slots, cols)
        split(x[:, begin:end].transpose(1, 0, 2, 3), d[:m], cols.padding)
        flat = d.reshape(len(d), -1, copy=False)
        np.copyto(flat[m:, :-n], flat[:2, n:])  # the last two inputs of a tile are the first of the next
        padding = self.geometry.rows.padding
        transform(family.input, d, self.v[:, begin + padding : end + padding])

    def _transform_output_gradient(self, dz: np.ndarray, dm: np.ndarray) -> None:
        """dM = A dz."""
        channels, rows, _, _ = dz.shape
        dy = self._zeros("dy", self.family.outputs, rows, channels, self.tiles, self.geometry.cols)
        split(dz.transpose(1, 0, 2, 3), dy)
        transform(self.family.output.T, dy, dm)

    def _add_kernel_gradient(self, v: np.ndarray, dm: np.ndarray, total: np.ndarray) -> None:
        """total += V dMᵀ, summed over rows; in the blocks of :func:`multiply_transposed`."""
        partial = self.memory.scratch("winograd partial", (*v.shape[:2], *total.shape[1:]))
        multiply_transposed(v, dm, partial)
        total += np.add.reduce(partial, axis=1, out=self.memory.scratch("winograd sum", total.shape))

    def _kernel_gradient(self, total: np.ndarray, dweight: np.ndarray) -> None:
        """dW = Gᵀ dU."""
        outputs, channels = dweight.shape[:2]
        kernel = self.family.kernel.astype(dweight.dtype)
        by_column = self.memory.scratch("winograd dW", (3, *total.shape[1:]))
        np.matmul(kernel.T, total.reshape(len(total), -1), out=by_column.reshape(3, -1))
        joined = self.memory.scratch("winograd weight", (3, 3, channels, outputs))
        r, c = total.shape[3:]
        np.copyto(joined.reshape(3, 3 * channels // r, r, outputs // c, c), by_column.swapaxes(2, 3))
        np.copyto(dweight, joined.transpose(3, 2, 1, 0))

    def _input_gradient(self, flipped: np.ndarray, dm: np.ndarray, dx: np.ndarray) -> None:
        """dd = B dV of a chunk of rows, its tiles added up where they overlap."""
        channels, rows, _, _ = dx.shape
        family, cols, n = self.family, self.geometry.cols, self.n
        dv = self._zeros("dV", family.products, rows, channels, self.slots, cols)
        inside = dv.reshape(*dv.shape[:3], self.slots * n, copy=False)[..., : self.tiles * n]
        multiply(flipped[:, None], dm, inside, UNIT)
        dd = self._apart(self.memory.scratch, "winograd dd", *dv.shape[:-1])
        transform(family.input.T, dv, dd)
        flat, m = dd.reshape(len(dd), -1), family.outputs
        np.add(flat[:2, n:], flat[m:, :-n], out=flat[:2, n:])  # the last two of a tile are the first of the next
        join(dd[:m], dx.transpose(1, 0, 2, 3), cols.padding)

    def _zeros(self, name: str, count: int, rows: int, channels: int, slots: int, cols: Window) -> np.ndarray:
        """(count, rows, C, slots, N), zero where no column of the width is."""
        key = f"winograd {name} of {cols.size}, padding {cols.padding}"
        return self._apart(self.memory.shared_zeros, key, count, self.chunk + 2, channels, slots)[:, :rows]

    def _apart(self, allocate: Allocate, name: str, count: int, *shape: int) -> np.ndarray:
        """(count, *shape, N) for a transform: GAP further apart than they are long."""
        size = math.prod(shape) * self.n
        return allocate(name, (count, size + GAP))[:, :size].reshape(count, *shape, self.n)


def best_family(geometry: Geometry) -> Family:
    """The transform that computes a row of outputs fastest: F(4, 3) multiplies less, F(2, 3) fills narrow rows."""
    inputs, outputs = geometry.in_channels, geometry.out_channels

    def cost(family: Family) -> int:
        tiles = -(-geometry.cols.outputs // family.outputs)
        products = family.products * 3 * inputs * outputs
        transforms = family.input.size * inputs + family.output.size * outputs
        return tiles * (products + TRANSFORM_COST * transforms)

    return min((F4, F2), key=cost)


def _merged(rows: np.ndarray, width: int) -> np.ndarray:
    """(J, H, C, slots, N) as the overlapping (J, H - 2, 3C, width): three rows as one, without the spare slots."""
    products, height, channels, slots, n = rows.shape
    item = rows.itemsize
    strides = (rows.strides[0], rows.strides[1], slots * n * item, item)
    return as_strided(rows, (products, height - 2, 3 * channels, width), strides)
