"""3×3 convolutions of stride 1 by one-dimensional Winograd transforms along the width: half the products (F(4, 3)).

    V = Bᵀ d        the inputs of each tile, transformed
    M = U · V       U = G w; one matrix product for each position in a tile
    z = Aᵀ M        the outputs of each tile

The three kernel rows are merged into the inner dimension of the product, as in :mod:`models.kernels.columns`: the rows
of V lie one after another, so the three rows under an output row are one ``(3C, tiles · N)`` matrix without copying.
Both gradients use ``dM = A dz``, computed once: ``dU = dM Vᵀ``, and ``dd = B dV`` with ``dV = Uᵀ dM``.

Inside, the width is split into phases (:mod:`models.kernels.phases`), so that each transform is one flat matrix product
over long contiguous arrays. A row of a phase has one slot more than there are tiles. A shift by one tile is then a
shift of the flat array: what runs over the end of a row lands in the spare slot.

The methods below return lists of calls, which are prepared once (:mod:`models.kernels.prepared`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from trainer.models.kernels.geometry import Geometry
from trainer.models.kernels.memory import Index, Layout, Memory
from trainer.models.kernels.phases import join, places, split
from trainer.models.kernels.prepared import Call, Prepared, copy
from trainer.models.kernels.products import blocks, product, product_transposed
from trainer.models.kernels.transforms import F2, F4, Family, transform

CHUNK_BYTES = 5_000_000  # rows are processed in chunks whose transforms stay in the caches
GAP = 32  # elements between arrays of a transform; a multiple of 4 KB apart, they would evict each other from the cache
TRANSFORM_COST = 4  # a multiply-accumulate of a transform takes as long as this many of a product; measured

EVERY = slice(None)


class WinogradConvolution:
    """``z = W ∗ x`` and its gradients for one shape of batch-last arrays.

    Args:
        geometry: 3×3, stride and dilation 1, padding at most 2.
        n: Number of examples.
        memory: Where buffers come from.
    """

    def __init__(self, geometry: Geometry, n: int, memory: Memory) -> None:
        rows, cols, inputs, outputs = geometry.rows, geometry.cols, geometry.in_channels, geometry.out_channels
        self.geometry, self.n, self.memory = geometry, n, memory
        self.family = family = best_family(geometry)
        self.tiles = -(-cols.outputs // family.outputs)
        self.slots = self.tiles + 1
        height = rows.size + 2 * rows.padding
        self.v = self._apart(memory.buffer, "winograd V", family.products, height, inputs, self.slots)
        self.u = memory.buffer("winograd U", (family.products, outputs, 3 * inputs))  # kernel rows before channels
        self.taps = memory.scratch("winograd taps", (3, outputs, 3, inputs))  # the kernel, its columns first
        row = 4 * n * self.slots * (family.products + family.outputs) * (inputs + outputs)
        chunks = -(-rows.size // max(1, CHUNK_BYTES // row))
        self.chunk = -(-rows.size // chunks)
        self._forward, self._backward = Prepared(self._forward_calls), Prepared(self._backward_calls)

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Return whether this kernel can compute the convolution."""
        return all(
            w.kernel == 3 and w.stride == 1 and w.dilation == 1 and w.padding <= 2
            for w in (geometry.rows, geometry.cols)
        )

    def forward(self, x: np.ndarray, weight: np.ndarray, z: np.ndarray) -> None:
        """``z = W ∗ x`` with x (C, H, W, N), weight (O, C, 3, 3) and z (O, OH, OW, N)."""
        np.copyto(self.taps, weight.transpose(3, 0, 2, 1))
        self._forward(x, z)

    def backward(
        self, x: np.ndarray, weight: np.ndarray, dz: np.ndarray, dweight: np.ndarray, dx: np.ndarray | None
    ) -> None:
        """Compute the gradients of weight and, unless None, of x, after a forward with this x."""
        np.copyto(self.taps, weight.transpose(3, 0, 2, 1))
        self._backward(dz, dweight, dx)

    def _forward_calls(self, x: np.ndarray, z: np.ndarray) -> list[Call]:
        family, rows, v, width = self.family, self.geometry.rows, self.v, self.tiles * self.n
        merged, images, results = _merged(v, width), x.transpose(1, 0, 2, 3), z.transpose(1, 0, 2, 3)
        calls: list[Call] = [self._kernel_transform()]
        calls += [partial(border.fill, 0) for border in (v[:, : rows.padding], v[:, rows.padding + rows.size :])]
        done = 0
        for first, last in self._chunks(rows.outputs):
            begin, end = max(0, done - rows.padding), min(rows.size, last + 2 - rows.padding)  # of x
            done = last + 2
            if end > begin:
                calls += self._input_transform(images[begin:end], v[:, begin + rows.padding : end + rows.padding])
            shape = last - first, len(z), self.tiles
            m = self._apart(self.memory.scratch, "winograd M", family.products, *shape)
            y = self._apart(self.memory.scratch, "winograd y", family.outputs, *shape)
            calls.append(product(self.u[:, None], merged[:, first:last], m.reshape(*m.shape[:3], width)))
            calls.append(transform(family.output, m, y))
            calls += join(y, results[first:last])
        return calls

    def _backward_calls(self, dz: np.ndarray, dweight: np.ndarray, dx: np.ndarray | None) -> list[Call]:
        family, rows, width = self.family, self.geometry.rows, self.tiles * self.n
        outputs, channels = dweight.shape[:2]
        skipped = 2 - rows.padding  # zero rows above and below dz, where the kernel hangs over the edge
        dm = self._apart(self.memory.scratch, "winograd dM", family.products, rows.size + 2, outputs, self.tiles)
        merged_v, merged_dm = _merged(self.v, width), _merged(dm, width)
        r, c = blocks(3 * channels, outputs)
        total = self.memory.scratch("winograd dU", (family.products, 3 * channels // r, outputs // c, r, c))
        zeroed = dm[:, :skipped], dm[:, rows.outputs + skipped :], total
        calls: list[Call] = [partial(array.fill, 0) for array in zeroed]
        if dx is not None:
            flipped, flip = self._flip()
            calls += [self._kernel_transform(), flip]
        done = 0
        for first, last in self._chunks(rows.size):
            begin, end = max(0, done - skipped), min(rows.outputs, last + 2 - skipped)  # of dz
            done = last + 2
            if end > begin:
                chunk = dm[:, begin + skipped : end + skipped]
                calls += self._output_gradient_transform(dz[:, begin:end], chunk)
                calls += self._add_kernel_gradient(
                    merged_v[:, begin:end], chunk.reshape(*chunk.shape[:3], width), total
                )
            if dx is not None:
                calls += self._input_gradient(flipped, merged_dm[:, first:last], dx[:, first:last])
        return calls + self._kernel_gradient(total, dweight)

    def _chunks(self, rows: int) -> Iterator[tuple[int, int]]:
        return ((first, min(rows, first + self.chunk)) for first in range(0, rows, self.chunk))

    def _kernel_transform(self) -> Call:
        """Return the call of ``U = G w``."""
        kernel = self.family.kernel.astype(self.u.dtype)
        return partial(np.matmul, kernel, self.taps.reshape(3, -1), out=self.u.reshape(len(kernel), -1))

    def _flip(self) -> tuple[np.ndarray, Call]:
        """Return U as the gradient needs it, (products, C, 3·O) with kernel rows reversed, and the call to fill it."""
        products, outputs, depth = self.u.shape
        flipped = self.memory.scratch("winograd flipped", (products, depth // 3, 3, outputs))
        reversed_rows = self.u.reshape(products, outputs, 3, depth // 3)[:, :, ::-1]
        return flipped.reshape(products, depth // 3, -1), copy(flipped, reversed_rows.transpose(0, 3, 2, 1))

    def _input_transform(self, images: np.ndarray, v: np.ndarray) -> list[Call]:
        """Return the calls of ``V = Bᵀ d`` for some rows of x, (rows, C, W, N)."""
        family, cols, n, m = self.family, self.geometry.cols, self.n, self.family.outputs
        written = [(phases, EVERY, EVERY, slots) for _, slots, phases in places(cols.size, m, cols.padding)]
        d = self._zeros("winograd d", family.products, images, self.slots, *written, (slice(m, None),))
        flat = d.reshape(len(d), -1, copy=False)
        return [
            *split(images, d[:m], cols.padding),
            copy(flat[m:, :-n], flat[:2, n:]),  # the last two inputs of a tile are the first two of the next
            transform(family.input, d, v),
        ]

    def _output_gradient_transform(self, dz: np.ndarray, dm: np.ndarray) -> list[Call]:
        """Return the calls of ``dM = A dz``."""
        images, m = dz.transpose(1, 0, 2, 3), self.family.outputs
        written = [(phases, EVERY, EVERY, slots) for _, slots, phases in places(images.shape[2], m)]
        dy = self._zeros("winograd dy", m, images, self.tiles, *written)
        return [*split(images, dy), transform(self.family.output.T, dy, dm)]

    def _add_kernel_gradient(self, v: np.ndarray, dm: np.ndarray, total: np.ndarray) -> list[Call]:
        """Return the calls of ``total += V dMᵀ``, summed over rows, in the blocks of :func:`product_transposed`."""
        by_row = self.memory.scratch("winograd partial", (*v.shape[:2], *total.shape[1:]))
        added = self.memory.scratch("winograd sum", total.shape)
        return [
            product_transposed(v, dm, by_row),
            partial(np.add.reduce, by_row, axis=1, out=added),
            partial(np.add, total, added, out=total),
        ]

    def _kernel_gradient(self, total: np.ndarray, dweight: np.ndarray) -> list[Call]:
        """Return the calls of ``dW = Gᵀ dU``."""
        outputs, channels = dweight.shape[:2]
        kernel = self.family.kernel.astype(dweight.dtype)
        by_column = self.memory.scratch("winograd dW", (3, *total.shape[1:]))
        joined = self.memory.scratch("winograd joined", (3, 3, channels, outputs))
        r, c = total.shape[3:]
        return [
            partial(np.matmul, kernel.T, total.reshape(len(total), -1), out=by_column.reshape(3, -1)),
            copy(joined.reshape(3, 3 * channels // r, r, outputs // c, c), by_column.swapaxes(2, 3)),
            copy(dweight, joined.transpose(3, 2, 1, 0)),
        ]

    def _input_gradient(self, flipped: np.ndarray, dm: np.ndarray, dx: np.ndarray) -> list[Call]:
        """Return the calls of ``dd = B dV`` for some rows, adding up tiles where they overlap."""
        family, cols, n, m = self.family, self.geometry.cols, self.n, self.family.outputs
        images, inside = dx.transpose(1, 0, 2, 3), slice(0, self.tiles)
        dv = self._zeros("winograd dV", family.products, images, self.slots, (EVERY, EVERY, EVERY, inside))
        dd = self._apart(self.memory.scratch, "winograd dd", *dv.shape[:-1])
        flat = dd.reshape(len(dd), -1, copy=False)
        return [
            product(flipped[:, None], dm, dv.reshape(*dv.shape[:3], -1, copy=False)[..., : self.tiles * n]),
            transform(family.input.T, dv, dd),
            partial(np.add, flat[:2, n:], flat[m:, :-n], out=flat[:2, n:]),  # as for the inputs
            *join(dd[:m], images, cols.padding),
        ]

    def _zeros(self, name: str, count: int, images: np.ndarray, slots: int, *written: Index) -> np.ndarray:
        """Return an array (count, rows, C, slots, N) for images (rows, C, ...), zero where it is not written."""
        rows, channels = images.shape[:2]
        shape = count, self.chunk + 2, channels, slots, self.n
        return self.memory.scratch_zeros(name, Layout.of(shape, *written, gap=GAP))[:, :rows]

    def _apart(self, allocate: Callable[..., np.ndarray], name: str, count: int, *shape: int) -> np.ndarray:
        """Return an array (count, *shape, N) for a transform, with GAP elements between the ``count`` arrays."""
        size = math.prod(shape) * self.n
        return allocate(name, (count, size + GAP))[:, :size].reshape(count, *shape, self.n)


def best_family(geometry: Geometry) -> Family:
    """Return the fastest transform for a row: F(4, 3) multiplies less, but F(2, 3) wastes less on narrow rows."""
    inputs, outputs = geometry.in_channels, geometry.out_channels

    def cost(family: Family) -> int:
        tiles = -(-geometry.cols.outputs // family.outputs)
        products = family.products * 3 * inputs * outputs
        transforms = family.input.size * inputs + family.output.size * outputs
        return tiles * (products + TRANSFORM_COST * transforms)

    return min((F4, F2), key=cost)


def _merged(rows: np.ndarray, width: int) -> np.ndarray:
    """Return (J, H, C, slots, N) as an overlapping view (J, H - 2, 3C, width): three rows as one, no spare slots."""
    products, height, channels, slots, n = rows.shape
    item = rows.itemsize
    strides = (rows.strides[0], rows.strides[1], slots * n * item, item)
    return as_strided(rows, (products, height - 2, 3 * channels, width), strides)
