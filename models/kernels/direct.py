"""Convolution of any kernel, stride, padding and dilation by one-dimensional columns."""

from __future__ import annotations

from functools import partial

import numpy as np

from trainer.models.kernels.columns import Columns, Correlation, correlate_gradient, scatter_columns
from trainer.models.kernels.geometry import Geometry
from trainer.models.kernels.memory import Memory
from trainer.models.kernels.products import blocks

# Correlating dz with the flipped kernel computes every input pixel from all taps. If the kernel shrinks the image by
# more than this factor, most taps would meet padding, and scattering is cheaper.
MOST_SHRINKAGE = 1.5


class DirectConvolution:
    """``z = W ∗ x`` and its gradients for one shape of batch-last arrays.

    Args:
        geometry: The sizes.
        n: Number of examples.
        memory: Where buffers come from.
        input_gradient: Whether backward will have to compute dx.
    """

    def __init__(self, geometry: Geometry, n: int, memory: Memory, input_gradient: bool) -> None:
        self.geometry, self.n, self.memory = geometry, n, memory
        rows, cols = geometry.rows, geometry.cols
        self.correlates = input_gradient and _keeps_size(geometry)
        # Backward by correlation needs only the columns of dz; otherwise it needs those of x, which are kept.
        zeros = memory.scratch_zeros if self.correlates else memory.zeros
        self.columns = Columns(geometry.in_channels, rows, cols, n, partial(zeros, "columns"))
        self._forward, self._backward = Correlation(), Correlation()
        if self.correlates:
            transposed = rows.transposed, cols.transposed
            zeros = partial(memory.scratch_zeros, "dz columns")
            self.gradient_columns = Columns(geometry.out_channels, *transposed, n, zeros)

    def forward(self, x: np.ndarray, weight: np.ndarray, z: np.ndarray) -> None:
        """``z = W ∗ x`` with x (C, H, W, N), weight (O, C, kh, kw) and z (O, OH, OW, N)."""
        self._forward(self._matrix(weight), self.columns.gather(x), z)

    def backward(
        self, x: np.ndarray, weight: np.ndarray, dz: np.ndarray, dweight: np.ndarray, dx: np.ndarray | None
    ) -> None:
        """Compute the gradients of weight and, unless None, of x, after a forward with this x."""
        if self.correlates and dx is not None:
            self._backward_by_correlation(x, weight, dz, dweight, dx)
        else:
            self._backward_by_scatter(weight, dz, dweight, dx)

    def _backward_by_correlation(
        self, x: np.ndarray, weight: np.ndarray, dz: np.ndarray, dweight: np.ndarray, dx: np.ndarray
    ) -> None:
        """Compute both gradients from the columns of dz: dx correlates them with the flipped kernel, dW with x."""
        columns = self.gradient_columns.gather(dz)
        flipped = weight[:, :, ::-1, ::-1].transpose(1, 2, 0, 3)  # (C, kh, O, kw)
        matrix = self.memory.scratch("flipped weight", (len(x), columns.shape[1]))
        np.copyto(matrix.reshape(flipped.shape), flipped)
        self._backward(matrix, columns, dx)
        parts = self._gradient(columns, x).reshape(*flipped.shape[1:], len(x))  # (kh, O, kw, C)
        np.copyto(dweight, parts[::-1, :, ::-1].transpose(1, 3, 0, 2))

    def _backward_by_scatter(
        self, weight: np.ndarray, dz: np.ndarray, dweight: np.ndarray, dx: np.ndarray | None
    ) -> None:
        """dW = Σ dz columns(x)ᵀ and dx = scatter(Wᵀ dz)."""
        rows, cols, columns = self.geometry.rows, self.geometry.cols, self.columns.latest
        outputs, channels = weight.shape[:2]
        parts = self._gradient(columns, dz).reshape(rows.kernel, channels, cols.kernel, outputs)
        np.copyto(dweight, parts.transpose(3, 1, 0, 2))
        if dx is None:
            return
        dcolumns = self.memory.scratch("dcolumns", columns.shape)
        by_row = dz.reshape(outputs, rows.outputs, -1).transpose(1, 0, 2)
        np.matmul(self._matrix(weight).T, by_row, out=dcolumns)
        lines = ((rows.outputs - 1) * rows.stride + rows.reach, channels, cols.kernel, cols.outputs, self.n)
        scatter_columns(dcolumns, rows, cols, self.memory.scratch("lines", lines), dx)

    def _matrix(self, weight: np.ndarray) -> np.ndarray:
        """Return W (O, C, kh, kw) as (O, kh · C · kw), in the order of the columns."""
        if 1 in weight.shape[1:3]:  # one channel or one kernel row: both orders are the same
            return weight.reshape(len(weight), -1)
        matrix = self.memory.scratch("weight matrix", (len(weight), self.geometry.depth))
        by_row = weight.transpose(0, 2, 1, 3)
        np.copyto(matrix.reshape(by_row.shape), by_row)
        return matrix

    def _gradient(self, columns: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return Σ columns otherᵀ over the rows: (K, channels of other)."""
        depth, channels = columns.shape[1], len(other)
        r, c = blocks(depth, channels)
        shape = (depth // r, channels // c, r, c)
        sums = self.memory.scratch("weight gradient", shape)
        correlate_gradient(columns, other, self.memory.scratch("partial", (len(columns), *shape)), sums)
        gradient = self.memory.scratch("joined weight gradient", (depth, channels))
        np.copyto(gradient.reshape(depth // r, r, channels // c, c), sums.swapaxes(1, 2))
        return gradient


def _keeps_size(geometry: Geometry) -> bool:
    """Return whether correlation is the faster way to the input's gradient."""
    rows, cols = geometry.rows, geometry.cols
    if (rows.stride, cols.stride) != (1, 1) or min(rows.transposed.padding, cols.transposed.padding) < 0:
        return False
    return rows.size * cols.size <= MOST_SHRINKAGE * rows.outputs * cols.outputs
