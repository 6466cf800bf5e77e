"""The transforms of one-dimensional Winograd convolution F(m, 3), as sums of whole arrays.

``m`` neighbouring outputs of a three-tap filter come from ``m + 2`` inputs d with only ``m + 2`` products:
``y = Aᵀ [(G w) · (Bᵀ d)]`` (Winograd 1980; Lavin and Gray 2016). Each class below is one m; arrays stand in lists, one
for each of the tile's positions, and are added and scaled as wholes. The transposes carry gradients.
"""

from __future__ import annotations

import numpy as np

add, subtract, multiply = np.add, np.subtract, np.multiply
Arrays = list[np.ndarray]


class F2:
    """F(2, 3): two outputs from four products instead of six."""

    outputs, products, carried = 2, 4, (2, 3)
    input_passes, output_passes = 6, 4  # over arrays of the size of one position, with the copy into phases
    kernel = np.array([[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]])  # G

    @staticmethod
    def input(d: Arrays, v: Arrays, t: np.ndarray, u: np.ndarray) -> None:
        """``V = Bᵀ d``; t and u are scratch."""
        subtract(d[0], d[2], out=v[0])
        add(d[1], d[2], out=v[1])
        subtract(d[2], d[1], out=v[2])
        subtract(d[3], d[1], out=v[3])

    @staticmethod
    def output(m: Arrays, y: Arrays, scratch: Arrays) -> None:
        """``y = Aᵀ M``; overwrites M. The last sum of each y is narrowed to its tiles."""
        add(m[0], m[1], out=m[0])
        subtract(m[1], m[2], out=m[1])
        into(y[0], add, m[0], m[2])
        into(y[1], add, m[1], m[3])

    @staticmethod
    def output_gradient(m: Arrays, inner: Arrays, t: np.ndarray, u: np.ndarray) -> None:
        """``dM = A dy``, where dM's first and last hold the first and last dy already, and ``inner`` the others."""
        add(m[0], m[3], out=m[1])
        subtract(m[0], m[3], out=m[2])

    @staticmethod
    def input_gradient(v: Arrays, scratch: Arrays) -> list[tuple[np.ndarray, np.ndarray]]:
        """``dd = B dV``; overwrites dV. Gives for each output phase the two arrays whose sum it is.

        In the first two phases the second array is ``v[carried]`` and belongs to the tile before.
        """
        a = scratch[0]
        subtract(v[1], v[2], out=a)
        subtract(a, v[3], out=a)
        add(v[1], v[2], out=v[2])
        subtract(v[2], v[0], out=v[2])
        return [(v[0], v[2]), (a, v[3])]


class F4:
    """F(4, 3): four outputs from six products instead of twelve."""

    outputs, products, carried = 4, 6, (2, 5)
    input_passes, output_passes = 20, 12
    kernel = np.array(  # G
        [
            [1 / 4, 0, 0],
            [-1 / 6, -1 / 6, -1 / 6],
            [-1 / 6, 1 / 6, -1 / 6],
            [1 / 24, 1 / 12, 1 / 6],
            [1 / 24, -1 / 12, 1 / 6],
            [0, 0, 1],
        ]
    )

    @staticmethod
    def input(d: Arrays, v: Arrays, t: np.ndarray, u: np.ndarray) -> None:
        """``V = Bᵀ d``; t and u are scratch."""
        multiply(d[2], 4, out=t)
        subtract(d[4], t, out=t)
        multiply(d[1], 4, out=u)
        subtract(d[3], u, out=u)
        add(t, u, out=v[1])  # d₄ - 4d₂ + d₃ - 4d₁
        subtract(t, u, out=v[2])
        subtract(d[4], d[2], out=t)
        subtract(d[3], d[1], out=u)
        add(u, u, out=u)
        add(t, u, out=v[3])  # d₄ - d₂ + 2d₃ - 2d₁
        subtract(t, u, out=v[4])
        subtract(d[0], d[2], out=v[0])
        multiply(v[0], 4, out=v[0])
        add(v[0], t, out=v[0])  # 4d₀ - 5d₂ + d₄
        add(u, u, out=u)
        subtract(d[5], d[3], out=v[5])
        subtract(v[5], u, out=v[5])  # 4d₁ - 5d₃ + d₅

    @staticmethod
    def output(m: Arrays, y: Arrays, scratch: Arrays) -> None:
        """``y = Aᵀ M``; overwrites M. The last sum of each y is narrowed to its tiles."""
        a, b, c, d = scratch[:4]
        add(m[1], m[2], out=a)
        subtract(m[1], m[2], out=b)
        add(m[3], m[4], out=c)
        subtract(m[3], m[4], out=d)
        add(m[0], a, out=m[0])
        into(y[0], add, m[0], c)  # m₀ + m₁ + m₂ + m₃ + m₄
        add(d, d, out=d)
        into(y[1], add, b, d)  # m₁ - m₂ + 2(m₃ - m₄)
        multiply(c, 4, out=c)
        into(y[2], add, a, c)  # m₁ + m₂ + 4(m₃ + m₄)
        multiply(d, 4, out=d)
        add(d, m[5], out=d)
        into(y[3], add, b, d)  # m₁ - m₂ + 8(m₃ - m₄) + m₅

    @staticmethod
    def output_gradient(m: Arrays, inner: Arrays, t: np.ndarray, u: np.ndarray) -> None:
        """``dM = A dy``, where dM's first and last hold the first and last dy already, and ``inner`` the others."""
        second, third = inner
        add(m[0], third, out=t)
        add(second, m[5], out=u)
        add(t, u, out=m[1])
        subtract(t, u, out=m[2])
        multiply(third, 4, out=t)
        add(m[0], t, out=t)
        multiply(m[5], 4, out=u)
        add(second, u, out=u)
        add(u, u, out=u)
        add(t, u, out=m[3])  # y₀ + 4y₂ + 2(y₁ + 4y₃)
        subtract(t, u, out=m[4])

    @staticmethod
    def input_gradient(v: Arrays, scratch: Arrays) -> list[tuple[np.ndarray, np.ndarray]]:
        """``dd = B dV``; overwrites dV. Gives for each output phase the two arrays whose sum it is.

        In the first two phases the second array is ``v[carried]`` and belongs to the tile before.
        """
        a, b, c, d = scratch[:4]
        subtract(v[1], v[2], out=a)
        add(v[1], v[2], out=b)
        subtract(v[3], v[4], out=c)
        add(v[3], v[4], out=d)
        add(c, c, out=c)
        multiply(v[5], 5, out=v[4])
        subtract(c, v[4], out=v[4])  # 2(v₃ - v₄) - 5v₅, to which a is still to come
        multiply(a, 4, out=v[1])
        add(v[1], c, out=v[1])
        multiply(v[5], 4, out=c)
        subtract(c, v[1], out=v[1])  # 4v₅ - 4(v₁ - v₂) - 2(v₃ - v₄)
        add(v[0], b, out=v[2])
        add(v[2], d, out=v[2])  # v₀ + v₁ + v₂ + v₃ + v₄, to phase 0 of the next tile
        multiply(v[0], 4, out=v[0])
        multiply(b, -3, out=b)
        subtract(b, v[0], out=b)  # -4v₀ - 3(v₁ + v₂); less v[2]: -5v₀ - 4(v₁ + v₂) - (v₃ + v₄)
        multiply(v[2], -1, out=c)
        return [(v[0], v[2]), (v[1], v[5]), (b, c), (a, v[4])]


def into(out: np.ndarray, ufunc: np.ufunc, a: np.ndarray, b: np.ndarray) -> None:
    """``out = ufunc(a, b)`` on as many tiles as ``out`` (R, C, tiles, N) has."""
    tiles = out.shape[2]
    ufunc(a[:, :, :tiles], b[:, :, :tiles], out=out)
