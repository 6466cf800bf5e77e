"""The transforms of one-dimensional Winograd convolution F(m, 3).

It computes ``m`` neighbouring outputs y of a three-tap filter w from ``m + 2`` inputs d with only ``m + 2`` products:
``y = Aᵀ [(G w) · (Bᵀ d)]`` (Winograd 1980; Lavin and Gray 2016). The transposes carry gradients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.models.kernels.prepared import Call
from trainer.models.kernels.products import product

WIDTH = 8192  # columns of a transform at a time, so that they stay in the first caches


@dataclass(frozen=True)
class Family:
    """The matrices for one m.

    Attributes:
        outputs: m.
        products: J = m + 2.
        kernel: G (J, 3).
        input: Bᵀ (J, J).
        output: Aᵀ (m, J).
    """

    outputs: int
    kernel: np.ndarray
    input: np.ndarray
    output: np.ndarray

    @property
    def products(self) -> int:
        return self.outputs + 2


F2 = Family(
    2,
    kernel=np.array([[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]]),
    input=np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]]),
    output=np.array([[1, 1, 1, 0], [0, 1, -1, 1]]),
)
F4 = Family(
    4,
    kernel=np.array(
        [
            [1 / 4, 0, 0],
            [-1 / 6, -1 / 6, -1 / 6],
            [-1 / 6, 1 / 6, -1 / 6],
            [1 / 24, 1 / 12, 1 / 6],
            [1 / 24, -1 / 12, 1 / 6],
            [0, 0, 1],
        ]
    ),
    input=np.array(
        [
            [4, 0, -5, 0, 1, 0],
            [0, -4, -4, 1, 1, 0],
            [0, 4, -4, -1, 1, 0],
            [0, -2, -1, 2, 1, 0],
            [0, 2, -1, -2, 1, 0],
            [0, 4, 0, -5, 0, 1],
        ]
    ),
    output=np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]),
)


def transform(matrix: np.ndarray, source: np.ndarray, target: np.ndarray) -> Call:
    """Return a call that computes ``target[i] = Σⱼ matrix[i, j] source[j]``.

    So flat a product is limited by memory alone; it takes half the time of adding arrays two at a time.

    Args:
        source: (J, ...), each element contiguous.
        target: (I, ...), likewise.
    """
    columns = source.reshape(len(source), -1, copy=False)
    result = target.reshape(len(target), -1, copy=False)
    return product(matrix.astype(source.dtype), columns, result, largest=matrix.size * WIDTH)
