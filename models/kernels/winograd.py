"""3×3 convolutions of stride 1 by one-dimensional Winograd transforms along the width: half the products (F(4, 3)).

    V = Bᵀ d        the inputs of each tile, transformed
    M = U · V       U = G w; one matrix product for each of a tile's positions
    z = Aᵀ M        the outputs of each tile

The three kernel rows are merged into the inner dimension of the product as in :mod:`models.kernels.columns`: V lies
row behind row, so that the three rows under an output row are one ``(3C, tiles · N)`` matrix without copying. Both
gradients go through ``dM = A dz``, computed once: ``dU = dM Vᵀ``, and ``dd = B dV`` with ``dV = Uᵀ dM``.

Inside, the width is split into phases: padded column ``m·t + p`` is tile t of phase p, so that every transform is a few
sums of long contiguous arrays. A row of a phase has one slot more than tiles: a shift by one tile is then a shift of
the flat array, and what runs over the end of a row meets the spare slot.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from models.kernels.geometry import Geometry, Memory
from models.kernels.products import blocks, multiply, multiply_transposed
from models.kernels.transforms import F2, F4, into

CHUNK_BYTES = 3_000_000  # rows are worked through in chunks whose transforms stay in the caches
UNIT = 16  # columns of a product come in multiples of a vector register
PASS_COST = 9  # multiply-accumulates of a product in the time that one element of an addition takes; measured


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
        self.v = memory.buffer("winograd V", (products, rows.size + 2 * rows.padding, channels, self.slots, n))
        row = 4 * n * self.slots * (products + self.family.outputs) * (channels + geometry.out_channels)
        self.chunk = max(1, CHUNK_BYTES // row)

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether this kernel can compute a convolution."""
        return all(
            w.kernel == 3 and w.stride == 1 and w.dilation == 1 and w.padding <= 2
            for w in (geometry.rows, geometry.cols)
        )

    def forward(self, x: np.ndarray, weight: np.ndarray, z: np.ndarray) -> None:
        """``z = W ∗ x``. x (C, H, W, N), weight (O, C, 3, 3), z (O, OH, OW, N)."""
        rows, family, n = self.geometry.rows, self.family, self.n
        outputs = len(weight)
        u = self._transform_kernel(weight)
        merged = _merged(self.v, self.tiles * n)
        done = 0
        for first in range(0, rows.outputs, self.chunk):
            last = min(rows.outputs, first + self.chunk)
            v = list(self.v[:, done : last + 2])
            scratch = self._scratch("input", 2, v[0].shape)
            family.input(self._input_tiles(x, done, last + 2), v, *scratch)
            m = self.memory.scratch("winograd M", (family.products, last - first, outputs, self.tiles, n))
            flat = m.reshape(family.products, last - first, outputs, self.tiles * n)
            multiply(u[:, None], merged[:, first:last], flat, UNIT)
            family.output(list(m), self._phases(z, first, last), self._scratch("output", 4, m[0].shape))
            done = last + 2

    def backward(
        self, x: np.ndarray, weight: np.ndarray, dz: np.ndarray, dweight: np.ndarray, dx: np.ndarray | None
    ) -> None:
        """The gradients by weight and, unless None, by x, after a forward with this x."""
        rows, n, family = self.geometry.rows, self.n, self.family
        outputs, channels = weight.shape[:2]
        width = self.tiles * n
        skipped = 2 - rows.padding  # zero rows above and below dz, where the kernel hangs over the edge
        dm = self.memory.scratch("winograd dM", (family.products, rows.size + 2, outputs, self.tiles, n))
        dm[:, :skipped] = 0
        dm[:, rows.outputs + skipped :] = 0
        merged_v, merged_dm = _merged(self.v, width), _merged(dm, width)
        flat_dm = dm.reshape(family.products, rows.size + 2, outputs, width)
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
                self._transform_output_gradient(dz, begin, end, chunk)
                flat = flat_dm[:, begin + skipped : end + skipped]
                self._add_kernel_gradient(merged_v[:, begin:end], flat, total)
            done = last + 2
            if dx is not None:
                self._input_gradient(flipped, merged_dm[:, first:last], dx, first, last)
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

    def _input_tiles(self, x: np.ndarray, begin: int, end: int) -> list[np.ndarray]:
        """The inputs d of all tiles, padded rows begin to end: one (rows, C, slots, N) array for each position."""
        m, n, rows = self.family.outputs, self.n, self.geometry.rows
        shape = (end - begin, len(x), self.slots, n)
        size = end - begin, len(x) * self.slots * n
        first, last = max(begin, rows.padding), min(end, rows.padding + rows.size)
        lines = x.transpose(1, 0, 2, 3)[first - rows.padding : last - rows.padding]
        store = self.memory.scratch("winograd tiles", (m, size[0] * size[1] + n))  # n: the shift runs over the end
        store[:, -n:] = 0
        phases = store[:, : size[0] * size[1]].reshape(m, *shape)
        phases[:, : first - begin] = 0
        phases[:, last - begin :] = 0
        for phase, target in enumerate(phases[:, first - begin : last - begin]):
            slots, columns = self._columns(phase)
            target[:, :, : slots.start] = 0
            target[:, :, slots.stop :] = 0
            np.copyto(target[:, :, slots], lines[:, :, columns])
        shifted = store[:, n:].reshape(m, *shape)
        return [*phases, *shifted[: self.family.products - m]]

    def _columns(self, phase: int) -> tuple[slice, slice]:
        """The slots of a phase that lie inside the input, and the input columns in them."""
        m, cols = self.family.outputs, self.geometry.cols
        first = (phase - cols.padding) % m
        start = (first + cols.padding) // m
        return slice(start, start + len(range(first, cols.size, m))), slice(first, cols.size, m)

    def _phases(self, z: np.ndarray, begin: int, end: int) -> list[np.ndarray]:
        """Rows begin to end of an output (O, OH, OW, N) as phases (rows, O, tiles, N)."""
        lines = z[:, begin:end].transpose(1, 0, 2, 3)
        return [lines[:, :, phase :: self.family.outputs] for phase in range(self.family.outputs)]

    def _transform_output_gradient(self, dz: np.ndarray, begin: int, end: int, dm: np.ndarray) -> None:
        """dM = A dz for rows begin to end of dz."""
        inner = self._scratch("inner", self.family.outputs - 2, dm[0].shape)
        for phase, target in zip(self._phases(dz, begin, end), [dm[0], *inner, dm[-1]], strict=True):
            tiles = phase.shape[2]
            np.copyto(target[:, :, :tiles], phase)
            target[:, :, tiles:] = 0
        self.family.output_gradient(list(dm), inner, *self._scratch("output", 2, dm[0].shape))

    def _add_kernel_gradient(self, v: np.ndarray, dm: np.ndarray, total: np.ndarray) -> None:
        """total += V dMᵀ, summed over rows; in the blocks of :func:`multiply_transposed`."""
        partial = self.memory.scratch("winograd partial", (*v.shape[:2], *total.shape[1:]))
        multiply_transposed(v, dm, partial)
        for row in partial.swapaxes(0, 1):
            np.add(total, row, out=total)

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

    def _input_gradient(self, flipped: np.ndarray, dm: np.ndarray, dx: np.ndarray, first: int, last: int) -> None:
        """Rows first to last of dx."""
        products, n, channels = self.family.products, self.n, len(dx)
        shape = (last - first, channels, self.slots, n)
        size = (last - first) * channels * self.slots * n
        store = self.memory.scratch("winograd dV", (n + (products + 4) * size,))  # n: the shift begins before the array
        store[:n] = 0
        arrays = store[n:].reshape(products + 4, *shape)
        before = store[: (products + 4) * size].reshape(products + 4, *shape)  # each array one tile later
        arrays[:products, :, :, self.tiles :] = 0
        dv = arrays[:products].reshape(products, last - first, channels, self.slots * n)[..., : self.tiles * n]
        multiply(flipped[:, None], dm, dv, UNIT)
        sums = self.family.input_gradient(list(arrays[:products]), list(arrays[products:]))
        lines = dx[:, first:last].transpose(1, 0, 2, 3)
        for phase, (a, b) in enumerate(sums):
            if phase < 2:
                b = before[self.family.carried[phase]]
            slots, columns = self._columns(phase)
            into(lines[:, :, columns], np.add, a[:, :, slots], b[:, :, slots])

    def _scratch(self, name: str, count: int, shape: tuple[int, ...]) -> list[np.ndarray]:
        return list(self.memory.scratch(f"winograd {name}", (count, *shape)))


def best_family(geometry: Geometry) -> type[F2] | type[F4]:
    """The transform that computes a row of outputs fastest: F(4, 3) multiplies less, F(2, 3) adds less."""
    inputs, outputs = geometry.in_channels, geometry.out_channels

    def cost(family: type[F2] | type[F4]) -> int:
        tiles = -(-geometry.cols.outputs // family.outputs)
        products = family.products * 3 * inputs * outputs
        passes = family.input_passes * inputs + family.output_passes * outputs
        return tiles * (products + PASS_COST * passes)

    return min((F4, F2), key=cost)


def _merged(rows: np.ndarray, width: int) -> np.ndarray:
    """(J, H, C, slots, N) as the overlapping (J, H - 2, 3C, width): three rows as one, without the spare slots."""
    products, height, channels, slots, n = rows.shape
    item = rows.itemsize
    strides = (rows.strides[0], rows.strides[1], slots * n * item, item)
    return as_strided(rows, (products, height - 2, 3 * channels, width), strides)
