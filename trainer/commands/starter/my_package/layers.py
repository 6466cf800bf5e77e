"""A layer of my own."""

import numpy as np

from trainer.models import GraphError, Layer, Parameter
from trainer.models.initializers import Constant


class Swish(Layer):
    """``y = x σ(β x)`` with a learned β for each feature (Ramachandran et al. 2017).

    Inside the network the examples are the last axis.

    Args:
        beta: Initial β.

    Shapes: x, y (F, N); β (F).
    """

    def __init__(self, beta: float = 1.0) -> None:
        self.beta = beta

    def output_shape(self, shape):
        if len(shape) != 1:
            raise GraphError("takes vectors only", "place it after a Linear layer")
        return shape

    def parameters(self, shape):
        return {"beta": Parameter(shape, Constant(self.beta))}

    def forward(self, ctx, x):
        gate = ctx.buffer("gate", x.shape)  # memory of this layer, which backward finds again
        gate[...] = 1 / (1 + np.exp(-ctx.params.beta[:, None] * x))
        return np.multiply(x, gate, out=ctx.buffer("y", x.shape))

    def backward(self, ctx, dy):
        """∂y/∂x = σ + β x σ (1 − σ),  ∂y/∂β = x² σ (1 − σ)."""
        (x,) = ctx.inputs
        gate = ctx.buffer("gate", x.shape)
        slope = x * gate * (1 - gate)
        np.sum(dy * x * slope, axis=1, out=ctx.grads.beta)
        return np.multiply(dy, gate + ctx.params.beta[:, None] * slope, out=ctx.buffer("dx", x.shape))
