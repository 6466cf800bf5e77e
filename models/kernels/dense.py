"""Matrix products of fully connected layers, and of convolutions whose kernel is as large as the image."""

from __future__ import annotations

import numpy as np

from trainer.models.kernels.geometry import Geometry
from trainer.models.kernels.memory import Memory
from trainer.models.kernels.products import matmul


def dense_gradient(
    x: np.ndarray, weight: np.ndarray, dy: np.ndarray, dweight: np.ndarray, dx: np.ndarray | None, memory: Memory
) -> None:
    """``dW = dy xᵀ`` and, unless dx is None, ``dx = Wᵀ dy``: the gradients of ``y = W x``.

    Args:
        x: (F, N), in rows or in columns.
        weight: (O, F).
        dy: (O, N).
        dweight, dx: Receive the gradients.
        memory: Where scratch comes from.
    """
    rows = x.T
    if not rows.flags.c_contiguous:  # copying costs less than OpenBLAS's slower ``a @ bᵀ``
        transposed = memory.scratch("rows", rows.shape)
        np.copyto(transposed, rows)
        rows = transposed
    matmul(dy, rows, out=dweight)
    if dx is not None:
        matmul(weight.T, dy, out=dx)


class DenseConvolution:
    """``z = W ∗ x`` and its gradients if the kernel covers the whole unpadded image, which is then one column.

    Args:
        geometry: The sizes.
        n: Number of examples.
        memory: Where buffers come from.
    """

    def __init__(self, geometry: Geometry, n: int, memory: Memory) -> None:
        self.n, self.memory = n, memory

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Return whether this kernel can compute the convolution."""
        return all(w.kernel == w.size and w.padding == 0 for w in (geometry.rows, geometry.cols))

    def forward(self, x: np.ndarray, weight: np.ndarray, z: np.ndarray) -> None:
        """``z = W ∗ x`` with x (C, H, W, N), weight (O, C, H, W) and z (O, 1, 1, N)."""
        matmul(weight.reshape(len(weight), -1), x.reshape(-1, self.n), out=z.reshape(-1, self.n))

    def backward(
        self, x: np.ndarray, weight: np.ndarray, dz: np.ndarray, dweight: np.ndarray, dx: np.ndarray | None
    ) -> None:
        """Compute the gradients of weight and, unless None, of x."""
        w, dy, dw = (array.reshape(len(weight), -1) for array in (weight, dz, dweight))
        dx = None if dx is None else dx.reshape(-1, self.n)
        dense_gradient(x.reshape(-1, self.n), w, dy, dw, dx, self.memory)
