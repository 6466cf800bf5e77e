"""Fully connected layer."""

from __future__ import annotations

import math

import numpy as np

from trainer.ground.options import check_range
from trainer.models.context import Context
from trainer.models.initializers import HeUniform, Initializer, Zeros
from trainer.models.kernels.dense import dense_gradient
from trainer.models.kernels.products import matmul
from trainer.models.layer import Layer, Parameter
from trainer.models.shape import Shape, require_features


class Linear(Layer):
    """``y = W x + b`` over the features of each example (the textbooks' Affine).

    An input of higher rank is flattened, in the order channels, rows, columns.

    Args:
        out_features: Length of the output.
        bias: Whether there is a b.
        initializer: Initial W, by default the network's, else He-uniform.

    Shapes: x (F, N) or (C, H, W, N); W (out, F); b (out); y (out, N).
    """

    reads_any_order = True

    def __init__(self, out_features: int, bias: bool = True, initializer: Initializer | None = None) -> None:
        check_range("out_features", out_features, "[1, inf)")
        self.out_features, self.bias, self.initializer = out_features, bias, initializer

    def output_shape(self, shape: Shape) -> Shape:
        require_features(shape)
        return (self.out_features,)

    def parameters(self, shape: Shape) -> dict[str, Parameter]:
        weight = Parameter((self.out_features, math.prod(shape)), self.initializer or HeUniform())
        bias = {"bias": Parameter((self.out_features,), Zeros())} if self.bias else {}
        return {"weight": weight, **bias}

    def macs(self, shape: Shape) -> int:
        return self.out_features * math.prod(shape)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        y = ctx.buffer("y", (self.out_features, ctx.batch))
        matmul(ctx.params.weight, x.reshape(-1, ctx.batch), out=y)
        if self.bias:
            np.add(y, ctx.params.bias[:, None], out=y)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dW = dy xᵀ, db = Σₙ dy, dx = Wᵀ dy."""
        if self.bias:
            np.matmul(dy, ctx.ones(ctx.batch), out=ctx.grads.bias)
        dx = ctx.input_gradient() if ctx.needs_input_gradient else None
        x = ctx.inputs[0].reshape(-1, ctx.batch)
        flat = None if dx is None else dx.reshape(x.shape)
        dense_gradient(x, ctx.params.weight, dy, ctx.grads.weight, flat, ctx)
        return dx
