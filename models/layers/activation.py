"""Activations: elementwise functions, and the softmax over the features."""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import lru_cache
from typing import Any

import numpy as np

from trainer.ground.options import check_range
from trainer.models.context import Context
from trainer.models.layer import Layer
from trainer.models.shape import Shape, require_features

Input = Any  # an array; may be None if the activation is monotone
_LARGE = 80.0  # exp(80) is finite, and 1 + exp(80) is exp(80), in float32 and float64
_HUGE = 1e30  # finite in float32 even after some multiplications


class Activation(Layer):
    """``y = f(x)``, element by element.

    After a Linear or a convolution, ``models/fused.py`` computes a ``monotone`` activation together with that layer. It
    then calls the array functions ``apply`` and ``gradient`` instead of ``forward`` and ``backward``, which run with
    ``fuse=false``.
    """

    in_place = False  # True: apply may get x itself as out
    monotone = False  # non-decreasing, so that max(f(x)) = f(max(x)); its gradient is then a function of y alone
    limits: tuple[float, float] | None = None  # what y approaches on both sides, if x is far from 0; None: no such ends

    @abstractmethod
    def apply(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write f(x) to ``out`` and return it; ``out`` does not overlap x or, if ``in_place``, may be x itself."""

    @abstractmethod
    def gradient(self, x: Input, y: np.ndarray, dy: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        """Write f′(x) · dy to ``out`` and return it.

        Args:
            x: The input; may be None if the activation is monotone.
            y: f(x).
            dy: The gradient of y.
            out: Overlaps none of the others.
            scratch: An array like ``out``, overwritten; overlaps none of the others.
        """

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        return self.apply(x, ctx.buffer("y", x.shape))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        if not ctx.needs_input_gradient:
            return None
        return self.gradient(ctx.inputs[0], ctx.output, dy, ctx.input_gradient(), ctx.scratch("activation", dy.shape))


class ReLU(Activation):
    """``y = max(x, 0)``; slope 0 at 0."""

    in_place = True
    monotone = True

    def apply(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        return _with_zeros(np.maximum, x, out)

    def gradient(self, x: Input, y: np.ndarray, dy: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        np.greater(y, 0, out=out)
        return np.multiply(out, dy, out=out)


class LeakyReLU(Activation):
    """``y = x`` where x > 0, else ``negative_slope · x`` (Maas et al. 2013).

    Args:
        negative_slope: In [0, 1].
    """

    monotone = True

    def __init__(self, negative_slope: float = 0.01) -> None:
        check_range("negative_slope", negative_slope, "[0, 1]")
        self.negative_slope = negative_slope

    def apply(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        np.multiply(_with_zeros(np.minimum, x, out), self.negative_slope, out=out)  # ∞ is never multiplied
        return np.maximum(x, out, out=out)

    def gradient(self, x: Input, y: np.ndarray, dy: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        np.maximum(np.greater(y, 0, out=out), self.negative_slope, out=out)
        return np.multiply(out, dy, out=out)


class Tanh(Activation):
    """``y = tanh x``, ``y′ = 1 − y²``."""

    in_place = True
    monotone = True
    limits = (-1.0, 1.0)

    def apply(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        return np.tanh(x, out=out)

    def gradient(self, x: Input, y: np.ndarray, dy: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        np.subtract(1, np.multiply(y, y, out=out), out=out)
        return np.multiply(out, dy, out=out)


class Sigmoid(Activation):
    """``y = 1 / (1 + exp(−x))``, ``y′ = y (1 − y)``."""

    in_place = True
    monotone = True
    limits = (0.0, 1.0)

    def apply(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        return _sigmoid(x, out)

    def gradient(self, x: Input, y: np.ndarray, dy: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        np.multiply(np.subtract(1, y, out=out), y, out=out)
        return np.multiply(out, dy, out=out)


class ELU(Activation):
    """``y = x`` where x > 0, else ``alpha · (exp(x) − 1)`` (Clevert et al. 2016); there ``y′ = y + alpha``.

    Args:
        alpha: In (0, 1]; −alpha is the limit on the left.
    """

    monotone = True

    def __init__(self, alpha: float = 1.0) -> None:
        check_range("alpha", alpha, "(0, 1]")
        self.alpha = alpha

    def apply(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        np.expm1(_with_zeros(np.minimum, x, out), out=out)
        np.multiply(out, self.alpha, out=out)
        return np.maximum(x, out, out=out)  # alpha (exp(x) − 1) ≥ x left of 0, since alpha ≤ 1

    def gradient(self, x: Input, y: np.ndarray, dy: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        np.add(np.minimum(y, 0, out=scratch), self.alpha, out=scratch)
        np.multiply(np.greater(y, 0, out=out), 1 - self.alpha, out=out)
        return np.multiply(np.add(out, scratch, out=out), dy, out=out)


class Softplus(Activation):
    """``y = log(1 + exp(x))``, ``y′ = 1 − exp(−y)``: a smooth ReLU."""

    monotone = True

    def apply(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        np.log1p(np.exp(np.minimum(x, _LARGE, out=out), out=out), out=out)
        return np.maximum(x, out, out=out)  # exactly y = x where x is large

    def gradient(self, x: Input, y: np.ndarray, dy: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        np.negative(np.expm1(np.negative(y, out=out), out=out), out=out)
        return np.multiply(out, dy, out=out)


class SiLU(Activation):
    """``y = x σ(x)`` (swish, Ramachandran et al. 2017), ``y′ = σ(x) (1 + x − y)`` with σ the sigmoid."""

    def apply(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        return np.multiply(_sigmoid(x, out), x, out=out)

    def gradient(self, x: Input, y: np.ndarray, dy: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        np.add(np.subtract(x, y, out=scratch), 1, out=scratch)
        np.multiply(_sigmoid(x, out), scratch, out=out)
        return np.multiply(out, dy, out=out)


class GELU(Activation):
    """``y = x Φ(x)``, Φ the normal distribution, in its tanh form (Hendrycks and Gimpel 2016).

    ``y = ½ x (1 + t)``, ``t = tanh u``, ``u = √(2/π) (x + 0.044715 x³)``, ``y′ = ½ (1 + t) + ½ x (1 − t²) u′``. It
    differs from x Φ(x) by less than 0.0005.

    Args:
        approximate: ``tanh``, PyTorch's name for this form, which is the only one here, since NumPy has no erf.
    """

    _slope, _cubic = math.sqrt(2 / math.pi), 0.044715

    def __init__(self, approximate: str = "tanh") -> None:
        if approximate != "tanh":
            raise ValueError(f"approximate: {approximate!r} is not 'tanh'")
        self.approximate = approximate

    def apply(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        np.multiply(np.add(self._tanh(x, out), 1, out=out), 0.5, out=out)
        return np.multiply(out, x, out=out)

    def gradient(self, x: Input, y: np.ndarray, dy: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        np.minimum(np.multiply(x, x, out=scratch), _HUGE, out=scratch)  # so that 0 times u′ is 0
        np.multiply(scratch, 3 * self._cubic * self._slope, out=scratch)
        np.add(scratch, self._slope, out=scratch)  # u′
        np.subtract(1, self._tanh(x, out), out=out)  # 1 − t
        np.multiply(scratch, out, out=scratch)
        np.subtract(2, out, out=out)  # 1 + t
        np.multiply(np.multiply(scratch, out, out=scratch), x, out=scratch)  # x (1 − t²) u′
        np.multiply(np.add(out, scratch, out=out), 0.5, out=out)
        return np.multiply(out, dy, out=out)

    def _tanh(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        np.multiply(np.multiply(x, x, out=out), self._cubic * self._slope, out=out)
        np.multiply(np.add(out, self._slope, out=out), x, out=out)
        return np.tanh(out, out=out)


class Softmax(Layer):
    """``yₖ = exp(xₖ) / Σⱼ exp(xⱼ)`` over the features of a vector, or over the channels at each place of an image.

    ``dx = y (dy − Σⱼ yⱼ dyⱼ)``. The loss CrossEntropy contains a softmax, so it takes the output before this layer.

    Shapes: x and y (F, N) or (C, H, W, N).
    """

    def output_shape(self, shape: Shape) -> Shape:
        return require_features(shape)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        row = ctx.scratch("features", x.shape[1:])
        y = np.subtract(x, np.maximum.reduce(x, axis=0, out=row), out=ctx.buffer("y", x.shape))
        np.add.reduce(np.exp(y, out=y), axis=0, out=row)
        return np.divide(y, row, out=y)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        if not ctx.needs_input_gradient:
            return None
        y, dx, row = ctx.output, ctx.input_gradient(), ctx.scratch("features", dy.shape[1:])
        np.add.reduce(np.multiply(y, dy, out=dx), axis=0, out=row)
        return np.multiply(y, np.subtract(dy, row, out=dx), out=dx)


def _sigmoid(x: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return σ(x), accurate for large negative x too, where ½ (1 + tanh ½x) loses all digits."""
    with np.errstate(over="ignore"):  # exp(−x) = ∞ gives 0, as it should
        np.exp(np.negative(x, out=out), out=out)
    return np.divide(1, np.add(out, 1, out=out), out=out)  # np.reciprocal is slower


def _with_zeros(rule: np.ufunc, x: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return ``rule(x, 0)``; a row of zeros as long as a channel takes a quarter of the time of the number 0."""
    rows = x.reshape(len(x), -1)
    rule(rows, _zeros(rows.shape[1], x.dtype), out=out.reshape(rows.shape, copy=False))
    return out


@lru_cache
def _zeros(size: int, dtype: np.dtype) -> np.ndarray:
    row = np.zeros(size, dtype)
    row.flags.writeable = False
    return row
