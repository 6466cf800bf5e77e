"""Dropout."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from trainer.ground.options import check_range
from trainer.models.layer import Layer
from trainer.models.shape import Shape
from trainer.models.workspace import Context


class Dropout(Layer):
    """In training sets each element to zero with probability p and divides the others by 1 − p; else the identity.

    So the expected output is the input (inverted dropout, Srivastava et al. 2014). The mask of an example depends only
    on its place in the batch, not on how the batch is split into shards.

    Args:
        p: Probability of zero, in [0, 1).

    Shapes: any.
    """

    def __init__(self, p: float = 0.5) -> None:
        check_range("p", p, "[0, 1)")
        self.p = p

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        if not (ctx.training and self.p):
            return x
        mask = self._draw(ctx, ctx.buffer("mask", x.shape))
        return np.multiply(x, mask, out=ctx.buffer("y", x.shape))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        if not (ctx.training and self.p and ctx.needs_input_gradient):
            return dy
        return np.multiply(dy, ctx.buffer("mask", dy.shape), out=ctx.input_gradient())

    def _draw(self, ctx: Context, mask: np.ndarray) -> np.ndarray:
        """Fill ``mask`` (..., N) with 0 and 1 / (1 − p).

        The stream holds the numbers of the whole batch, example by example. A shard skips those of the other shards, so
        the streams of all workers end at the same place. The generator makes two float32 numbers from a 64-bit word and
        can only skip whole words, so each example gets an even count of numbers.
        """
        features = math.prod(mask.shape[:-1])
        words = -(-features // 2)
        uniform = ctx.scratch("uniform", (ctx.batch, 2 * words), np.float32)
        generator, step = ctx.generator, ctx.step
        skip = cast(np.random.PCG64, generator.bit_generator).advance
        skip(step.offset * words)
        generator.random(out=uniform, dtype=np.float32)
        skip((step.batch - step.offset - ctx.batch) * words)
        np.greater_equal(uniform.T[:features], self.p, out=mask.reshape(features, ctx.batch))
        return np.multiply(mask, 1 / (1 - self.p), out=mask)
