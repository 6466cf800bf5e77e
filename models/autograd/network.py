"""Network functions of images (N, C, H, W) and vectors (N, F), as in PyTorch.

They are composed of simpler functions, so gradients of every order come for free. They share no code with the layers,
whose gradients are derived by hand, and so are an independent check of these.
"""

from __future__ import annotations

import math

import numpy as np

from trainer.ground.options import check_range
from trainer.models.autograd.elementary import sqrt
from trainer.models.autograd.function import Function
from trainer.models.autograd.matrix import matmul
from trainer.models.autograd.reduction import log_softmax, mean, sum
from trainer.models.autograd.shape import Array, getitem, pad, reshape, transpose
from trainer.models.autograd.variable import Variable, as_variable

Pair = int | tuple[int, int]


class Unfold(Function):
    """The windows of images: (N, C, H, W) to (N, C, rows, columns, kernel height, kernel width)."""

    def __init__(self, kernel: Pair, stride: Pair, dilation: Pair) -> None:
        self.kernel, self.stride, self.dilation = _pair(kernel), _pair(stride), _pair(dilation)

    def forward(self, x: np.ndarray) -> np.ndarray:
        reach = [d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        if any(r > size for r, size in zip(reach, x.shape[2:], strict=True)):
            raise ValueError(f"windows of {reach[0]}x{reach[1]} do not fit an image of {x.shape[2]}x{x.shape[3]}")
        windows = np.lib.stride_tricks.sliding_window_view(x, reach, (2, 3))
        (sh, sw), (dh, dw) = self.stride, self.dilation
        return windows[:, :, ::sh, ::sw, ::dh, ::dw]

    def backward(self, dy: Variable) -> Variable:
        return Fold(self.inputs[0].shape, self.kernel, self.stride, self.dilation)(dy)


class Fold(Function):
    """The adjoint of Unfold: every element of a window is added to its place in the image."""

    def __init__(self, shape: tuple[int, ...], kernel: Pair, stride: Pair, dilation: Pair) -> None:
        self.shape, self.kernel, self.stride, self.dilation = shape, _pair(kernel), _pair(stride), _pair(dilation)

    def forward(self, windows: np.ndarray) -> np.ndarray:
        x = np.zeros(self.shape, windows.dtype)
        rows, columns = windows.shape[2:4]
        (sh, sw), (dh, dw) = self.stride, self.dilation
        for i, j in np.ndindex(self.kernel):
            top, left = i * dh, j * dw
            x[:, :, top : top + sh * rows : sh, left : left + sw * columns : sw] += windows[..., i, j]
        return x

    def backward(self, dx: Variable) -> Variable:
        return Unfold(self.kernel, self.stride, self.dilation)(dx)


def conv2d(
    x: Array, weight: Array, bias: Array | None = None, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1
) -> Variable:
    """Return a convolution, computed as a product of the kernels with all windows of the image.

    Shapes: x (N, C, H, W); weight (O, C, kh, kw); bias (O); the result (N, O, rows, columns).
    """
    x, weight = as_variable(x), as_variable(weight)
    if x.ndim != 4 or weight.ndim != 4 or x.shape[1] != weight.shape[1]:
        raise ValueError(f"conv2d: weight (O, C, kh, kw) = {weight.shape} does not fit images (N, C, H, W) = {x.shape}")
    windows = Unfold((weight.shape[2], weight.shape[3]), stride, dilation)(_pad_images(x, padding))
    batch, _, rows, columns = windows.shape[:4]
    outputs, terms = len(weight), math.prod(weight.shape[1:])
    matrices = reshape(transpose(windows, 0, 1, 4, 5, 2, 3), (batch, terms, rows * columns))
    y = reshape(matmul(reshape(weight, (outputs, terms)), matrices), (batch, outputs, rows, columns))
    return y if bias is None else y + reshape(bias, (-1, 1, 1))


def max_pool2d(
    x: Array, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> Variable:
    """Return the maximum of each window; of equal elements the first gets the gradient.

    By default windows lie side by side. In ``ceil_mode`` a last window may reach beyond the padding if it begins before
    the image ends.
    """
    windows = _pool_windows(_pad_images(x, padding, -np.inf), kernel_size, stride, padding, ceil_mode, -np.inf)
    flat = reshape(windows, (*windows.shape[:4], -1))
    return getitem(flat, (*np.indices(flat.shape[:4], sparse=True), flat.data.argmax(-1)))


def avg_pool2d(
    x: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Variable:
    """Return the mean of each window; by default windows lie side by side.

    The zeros of the padding count if ``count_include_pad``; what ``ceil_mode`` adds beyond them never does.
    """
    counted = _pad_images(np.ones((1, 1, *as_variable(x).shape[2:])), padding, float(count_include_pad))
    total, count = (
        sum(_pool_windows(padded, kernel_size, stride, padding, ceil_mode), (4, 5))
        for padded in (_pad_images(x, padding), counted)
    )
    return total / count


def batch_norm(
    x: Array,
    weight: Array,
    bias: Array,
    statistics: tuple[Array, Array] | None = None,
    eps: float = 1e-5,
) -> Variable:
    """Return ``y = γ (x − μ) / √(σ² + ε) + β`` for each channel (Ioffe and Szegedy 2015).

    Args:
        x: (N, C) or (N, C, H, W).
        weight: γ (C).
        bias: β (C).
        statistics: μ and σ² (C) for evaluation; None: the batch's own, see :func:`batch_statistics`.
        eps: ε.
    """
    x = as_variable(x)
    per_channel = (-1, *(1,) * (x.ndim - 2))
    mu, variance, weight, bias = (reshape(a, per_channel) for a in (*(statistics or batch_statistics(x)), weight, bias))
    return (x - mu) / sqrt(variance + eps) * weight + bias


def batch_statistics(x: Array) -> tuple[Variable, Variable]:
    """Return mean and (biased) variance of each channel of x (N, C) or (N, C, H, W)."""
    x = as_variable(x)
    axes = (0, *range(2, x.ndim))
    return mean(x, axes), mean((x - mean(x, axes, keepdims=True)) ** 2, axes)


def dropout(x: Array, p: float, generator: np.random.Generator, training: bool = True) -> Variable:
    """In training, set elements to zero with probability p and divide the rest by 1 − p (Srivastava et al. 2014)."""
    check_range("p", p, "[0, 1)")
    x = as_variable(x)
    return x * ((generator.random(x.shape) >= p).astype(x.dtype) / (1 - p)) if training and p else x


def softmax_cross_entropy(logits: Array, targets: np.ndarray) -> Variable:
    """Return ``−Σₖ tₖ log softmax(z)ₖ``, averaged over the batch.

    Args:
        logits: z (N, K).
        targets: Integer labels (N,), or t itself (N, K).

    Raises:
        ValueError: ``targets`` is neither.
    """
    log_p, targets = log_softmax(logits), as_variable(targets).data
    if log_p.ndim == 2 and targets.shape == log_p.shape:
        return -sum(log_p * targets) / len(targets)
    if log_p.ndim != 2 or targets.shape != log_p.shape[:1] or targets.dtype.kind not in "iu":
        given = f"{targets.dtype} {targets.shape} with logits {log_p.shape}"
        raise ValueError(f"softmax_cross_entropy: give int labels (N,) or targets (N, K) to logits (N, K), got {given}")
    if np.any((targets < 0) | (targets >= log_p.shape[1])):
        raise ValueError(f"softmax_cross_entropy: a label lies outside 0 … {log_p.shape[1] - 1}")
    return -mean(getitem(log_p, (np.arange(len(targets)), targets)))


def mean_squared_error(a: Array, b: Array) -> Variable:
    """Return the mean of ``(a − b)²`` over all elements."""
    return mean((as_variable(a) - b) ** 2)


def _pool_windows(
    x: Variable, kernel: Pair, stride: Pair | None, padding: Pair, ceil_mode: bool, beyond: float = 0.0
) -> Variable:
    """Return the windows of padded images; in ceil_mode the last ones may reach further, where all is ``beyond``."""
    stride = stride or kernel
    rows, columns = zip(x.shape[2:], _pair(kernel), _pair(stride), _pair(padding), strict=True)
    if any(2 * p > k for _, k, _, p in (rows, columns)):
        raise ValueError(f"pooling: padding {padding} is more than half the window {kernel}")
    if ceil_mode:
        x = pad(x, ((0, 0), (0, 0), (0, _overhang(*rows)), (0, _overhang(*columns))), beyond)
    return Unfold(kernel, stride, 1)(x)


def _overhang(size: int, kernel: int, stride: int, padding: int) -> int:
    """Return how far the last window of ceil_mode reaches beyond an axis of ``size`` with its padding."""
    start = math.ceil((size - kernel) / stride) * stride
    if start >= size - padding:  # it would lie in the padding alone
        start -= stride
    return max(start + kernel - size, 0)


def _pad_images(x: Array, padding: Pair, value: float = 0.0) -> Variable:
    rows, columns = _pair(padding)
    return pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)), value) if rows or columns else as_variable(x)


def _pair(value: Pair) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value
