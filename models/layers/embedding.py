"""Learned vectors that are looked up by number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.ground.options import check_range
from trainer.models.context import Context
from trainer.models.errors import GraphError
from trainer.models.initializers import Initializer, Normal
from trainer.models.layer import Layer, Parameter
from trainer.models.shape import Shape, format_shape


class Embedding(Layer):
    """``yₜ = W[xₜ]``: for every number its row of W, like PyTorch's ``Embedding``.

    The gradient of a row is the sum over all places that looked it up; the numbers have no gradient.

    Args:
        num_embeddings: V, how many numbers there are: 0..V−1.
        embedding_dim: D, the length of a vector.
        initializer: Initial W, by default the network's, else a Gaussian of deviation 1.

    Shapes: x (*S, N) of integers, such as (T, N); W (V, D); y (D, *S, N).

    Raises:
        GraphError: In forward, for an input that is not of integers, or a number outside 0..V−1.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, initializer: Initializer | None = None) -> None:
        check_range("num_embeddings", num_embeddings, "[1, inf)")
        check_range("embedding_dim", embedding_dim, "[1, inf)")
        self.num_embeddings, self.embedding_dim, self.initializer = num_embeddings, embedding_dim, initializer

    def output_shape(self, shape: Shape) -> Shape:
        return (self.embedding_dim, *shape)

    def parameters(self, shape: Shape) -> dict[str, Parameter]:
        shape = (self.num_embeddings, self.embedding_dim)
        return {"weight": Parameter(shape, self.initializer or Normal(1.0))}

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        y = ctx.buffer("y", ctx.output_shape)
        _look_up(ctx, ctx.params.weight, x.reshape(-1), y.reshape(self.embedding_dim, -1))
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> None:
        (x,) = ctx.inputs
        _add_up(ctx, x.reshape(-1), dy.reshape(self.embedding_dim, -1), ctx.grads.weight)


class Embeddings(Layer):
    """An :class:`Embedding` for each of several categories; the output is their vectors, one after another.

    Args:
        levels: V of each category; may be empty.
        embedding_dim: D of each, or one for all; None: ``min(50, round(1.6 V^0.56))``, as in fastai.
        initializer: Initial weights, by default the network's, else Gaussians of deviation 0.01.

    Shapes: x (E, N) of integers; Wₑ (Vₑ, Dₑ), called weight0, weight1, ...; y (Σ Dₑ, N).

    Raises:
        GraphError: In forward, for an input that is not of integers, or a number outside its 0..Vₑ−1.
    """

    def __init__(
        self,
        levels: Sequence[int],
        embedding_dim: int | Sequence[int] | None = None,
        initializer: Initializer | None = None,
    ) -> None:
        for count in levels:
            check_range("levels", count, "[1, inf)")
        dims = [_usual_dim(count) for count in levels] if embedding_dim is None else embedding_dim
        self.levels = tuple(levels)
        self.embedding_dim = (dims,) * len(self.levels) if isinstance(dims, int) else tuple(dims)
        if len(self.embedding_dim) != len(self.levels):
            raise ValueError(f"embedding_dim: {len(self.embedding_dim)} numbers for {len(levels)} categories")
        for dim in self.embedding_dim:
            check_range("embedding_dim", dim, "[1, inf)")
        self.initializer = initializer

    def output_shape(self, shape: Shape) -> Shape:
        if shape != (len(self.levels),):
            raise GraphError(f"has {len(self.levels)} categories, but its input is {format_shape(shape)}", "set levels")
        return (sum(self.embedding_dim),)

    def parameters(self, shape: Shape) -> dict[str, Parameter]:
        initializer = self.initializer or Normal(0.01)
        sizes = zip(self.levels, self.embedding_dim, strict=True)
        return {f"weight{place}": Parameter(size, initializer) for place, size in enumerate(sizes)}

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        y = ctx.buffer("y", ctx.output_shape)
        for place, rows in enumerate(self._rows(ctx)):
            _look_up(ctx, getattr(ctx.params, f"weight{place}"), x[place], y[rows])
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> None:
        (x,) = ctx.inputs
        for place, rows in enumerate(self._rows(ctx)):
            _add_up(ctx, x[place], dy[rows], getattr(ctx.grads, f"weight{place}"))

    def _rows(self, ctx: Context) -> list[slice]:
        ends = np.cumsum(self.embedding_dim).tolist()
        return ctx.once("rows", lambda: [slice(e - dim, e) for e, dim in zip(ends, self.embedding_dim, strict=True)])


def _usual_dim(count: int) -> int:
    return min(50, max(1, round(1.6 * count**0.56)))


def _look_up(ctx: Context, weight: np.ndarray, x: np.ndarray, out: np.ndarray) -> None:
    """Write the rows of `weight` (V, D) at x (M) into the columns of `out` (D, M)."""
    if x.dtype.kind not in "iu":
        raise GraphError(f"needs integers, got {x.dtype}", "give it an input of integers", ctx.name)
    if x.size and not (x.min() >= 0 and x.max() < len(weight)):
        wrong = x[(x < 0) | (x >= len(weight))][0]
        raise GraphError(f"got the number {wrong}, not one of 0..{len(weight) - 1}", "fix the data", ctx.name)
    rows = ctx.scratch("rows", (x.size, weight.shape[1]))
    np.take(weight, x, axis=0, out=rows, mode="clip")  # `clip` lets take write to its output; x is checked
    np.copyto(out, rows.T)


def _add_up(ctx: Context, x: np.ndarray, dy: np.ndarray, gradient: np.ndarray) -> None:
    """Add the columns of dy (D, M) to the rows of `gradient` (V, D) at x (M), in this order."""
    gradient[...] = 0
    size = dy.shape[0]
    places = ctx.scratch("places", (x.size, size), np.int64)
    np.multiply(x[:, None], size, out=places)
    places += ctx.once(("columns", size), lambda: np.arange(size))
    rows = ctx.scratch("rows", (x.size, size))
    np.copyto(rows, dy.T)
    # One number at a time: `np.add.at` has a fast path for one-dimensional arrays only.
    np.add.at(gradient.reshape(-1), places.reshape(-1), rows.reshape(-1))
