"""Layers that only change the shape."""

from __future__ import annotations

import math

import numpy as np

from trainer.models.layer import Layer
from trainer.models.shape import Shape
from trainer.models.workspace import Context


class Flatten(Layer):
    """An image as a vector, in the order channels, rows, columns. Shapes: x (C, H, W, N); y (C·H·W, N), a view of x."""

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        return x.reshape(-1, ctx.batch)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        return dy.reshape(ctx.inputs[0].shape)
