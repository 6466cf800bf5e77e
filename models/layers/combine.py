"""Layers that combine several inputs."""

from __future__ import annotations

import numpy as np

from trainer.models.context import Context
from trainer.models.errors import GraphError
from trainer.models.layer import Layer
from trainer.models.shape import Shape, format_shape


class _Elementwise(Layer):
    """Combines two or more inputs of one shape, element by element."""

    inputs_required = None
    combine: np.ufunc

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(set(shapes)) > 1:
            both = " and ".join(map(format_shape, shapes))
            problem = f"{type(self).__name__} needs inputs of the same shape, got {both}"
            raise GraphError(problem, "make the branches end alike")
        return shapes[0]

    def forward(self, ctx: Context, *inputs: np.ndarray) -> np.ndarray:
        first, second, *others = inputs
        y = self.combine(first, second, out=ctx.buffer("y", first.shape))
        for other in others:
            self.combine(y, other, out=y)
        return y


class Add(_Elementwise):
    """``y = a + b + ...``; every input receives dy.

    After a convolution, ``models/fused.py`` computes both together; ``forward`` and ``backward`` run with
    ``fuse=false``.
    """

    combine = np.add

    def backward(self, ctx: Context, dy: np.ndarray) -> tuple[np.ndarray, ...]:
        return (dy,) * len(ctx.inputs)


class Multiply(_Elementwise):
    """``y = a · b · ...``; each input receives dy times the product of the others."""

    combine = np.multiply

    def backward(self, ctx: Context, dy: np.ndarray) -> tuple[np.ndarray, ...]:
        gradients = []
        for index in range(len(ctx.inputs)):
            dx = ctx.input_gradient(index)
            np.copyto(dx, dy)
            for other, factor in enumerate(ctx.inputs):
                if other != index:
                    np.multiply(dx, factor, out=dx)
            gradients.append(dx)
        return tuple(gradients)


class Concatenate(Layer):
    """The inputs one after another along the first axis: the channels of images, the features of vectors."""

    inputs_required = None

    def output_shape(self, *shapes: Shape) -> Shape:
        if len({shape[1:] for shape in shapes}) > 1 or any(not shape for shape in shapes):
            both = " and ".join(map(format_shape, shapes))
            problem = f"Concatenate needs inputs of the same size, except for their channels, got {both}"
            raise GraphError(problem, "bring them to one size")
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def forward(self, ctx: Context, *inputs: np.ndarray) -> np.ndarray:
        y = ctx.buffer("y", (*self.output_shape(*(x.shape[:-1] for x in inputs)), ctx.batch))
        return np.concatenate(inputs, axis=0, out=y)

    def backward(self, ctx: Context, dy: np.ndarray) -> tuple[np.ndarray, ...]:
        ends = np.cumsum([x.shape[0] for x in ctx.inputs])
        return tuple(dy[end - x.shape[0] : end] for x, end in zip(ctx.inputs, ends, strict=True))
