"""User-defined layers: one that draws random numbers, and one whose memory stays zero in places."""

import numpy as np
import pytest

from tests.helpers.gradients import check_gradients
from tests.helpers.layers import SingleLayer
from trainer import models
from trainer.models import GraphError, Layer
from trainer.models.kernels.memory import Layout

SHAPE = (3, 4, 5)


class StochasticDepth(Layer):
    """In training leaves out examples of a branch with probability p, and scales the others (Huang et al. 2016)."""

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def output_shape(self, shape):
        return shape

    def forward(self, ctx, x):
        if not ctx.training:
            return x
        step = ctx.step
        whole_batch = ctx.generator.random(step.batch)
        kept = ctx.buffer("kept", (ctx.batch,))
        kept[...] = whole_batch[step.offset : step.offset + ctx.batch] >= self.p
        kept /= 1 - self.p
        return np.multiply(x, kept, out=ctx.buffer("y", x.shape))

    def backward(self, ctx, dy):
        if not (ctx.training and ctx.needs_input_gradient):
            return dy
        return np.multiply(dy, ctx.buffer("kept", (ctx.batch,)), out=ctx.input_gradient())


class Shift(Layer):
    """An image one pixel further to the right, zeros on the left."""

    def output_shape(self, shape):
        if len(shape) != 3:
            raise GraphError("takes images only", "place it before Flatten")
        return shape

    def forward(self, ctx, x):
        inside = slice(None), slice(None), slice(1, None)
        y = ctx.zeros("y", ctx.once("layout", lambda: Layout.of(x.shape, inside)))
        y[inside] = x[:, :, :-1]
        return y

    def backward(self, ctx, dy):
        if not ctx.needs_input_gradient:
            return None
        dx = ctx.input_gradient()
        dx[:, :, :-1] = dy[:, :, 1:]
        dx[:, :, -1] = 0
        return dx


@pytest.mark.parametrize("layer", [StochasticDepth(), Shift()], ids=["depth", "shift"])
@pytest.mark.parametrize("training", [True, False])
def test_gradients(layer, training):
    check_gradients(layer, SHAPE, training=training)


def test_an_example_is_kept_or_left_out_in_any_shard():
    single = SingleLayer(StochasticDepth(), SHAPE)
    (x,) = single.inputs(batch=12)
    whole = single.forward(x).copy()
    scale = whole[0, 0, 0] / x[0, 0, 0]
    assert {*scale} == {0, 2}
    np.testing.assert_allclose(whole, x * scale)
    shards = [single.forward(x[..., part], batch=12, offset=part.start).copy() for part in (slice(0, 5), slice(5, 12))]
    assert np.array_equal(np.concatenate(shards, axis=-1), whole)


def test_what_stays_zero_stays_zero():
    """Two such layers one after the other, in memory that is full of NaN wherever nobody may read."""
    graph = models.build({"once": Shift(), "twice": Shift()}, SHAPE)
    workspace = models.Workspace(graph, models.ParameterStore(graph.parameters, "float64"), poisoned=True)
    for batch in (4, 2, 4):
        x = np.random.default_rng(batch).normal(size=(*SHAPE, batch))
        expected = np.zeros_like(x)
        expected[:, :, 2:] = x[:, :, :-2]
        assert np.array_equal(graph.forward(workspace, x), expected)
        graph.backward(workspace, np.ones_like(x))


def test_a_vector_is_refused():
    with pytest.raises(GraphError, match="takes images only"):
        models.build({"shift": Shift()}, (7,))
