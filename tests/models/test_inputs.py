"""Graphs of integer inputs, and graphs on inputs of other shapes than they were built for."""

import itertools

import numpy as np
import pytest

from trainer import models
from trainer.models import (
    BatchNorm,
    Conv2d,
    GlobalAvgPool,
    Graph,
    GraphBuilder,
    GraphError,
    Input,
    Layer,
    Linear,
    MaxPool2d,
    Multiply,
    Parameter,
    ParameterStore,
    ReLU,
    Step,
    Tanh,
    Workspace,
)
from trainer.models.initializers import Normal
from trainer.models.losses import MeanSquaredError


def workspace(graph: Graph, parameters: ParameterStore | None = None, **options) -> Workspace:
    if parameters is None:
        parameters = ParameterStore(graph.parameters, "float64")
        parameters.initialize(lambda name: np.random.default_rng(len(name)))
    return Workspace(graph, parameters, **options)


def training(batch: int) -> Step:
    return Step(batch=batch, offset=0, training=True)


class Embedding(Layer):
    """A vector (F) for each of T numbers: (F, T)."""

    def __init__(self, numbers: int, features: int) -> None:
        self.numbers, self.features = numbers, features

    def output_shape(self, shape):
        return (self.features, *shape)

    def parameters(self, shape):
        return {"weight": Parameter((self.numbers, self.features), Normal(1.0))}

    def forward(self, ctx, x):
        assert x.dtype == "int64"
        y = ctx.buffer("y", ctx.output_shape)
        y[...] = np.moveaxis(ctx.params.weight[x], -1, 0)
        return y

    def backward(self, ctx, dy):
        (x,) = ctx.inputs
        assert not ctx.needs_input_gradient  # whether or not the network's input gradients are wanted
        ctx.grads.weight[...] = 0
        np.add.at(ctx.grads.weight, x, np.moveaxis(dy, 0, -1))


class MaskedMean(Layer):
    """The mean (F) over those of T vectors (F, T) where a mask (T) is true."""

    inputs_required = 2

    def output_shape(self, shape, mask):
        return shape[:1]

    def forward(self, ctx, x, mask):
        y = ctx.buffer("y", ctx.output_shape)
        return np.divide((x * mask).sum(axis=1), mask.sum(axis=0), out=y)

    def backward(self, ctx, dy):
        _, mask = ctx.inputs
        return np.multiply(dy[:, None], mask / mask.sum(axis=0), out=ctx.input_gradient(0)), None


def sentences(length: int = 6) -> Graph:
    builder = GraphBuilder({"ids": Input((length,), "int64"), "mask": Input((length,), bool), "scale": (2,)})
    builder.add("embedding", Embedding(11, 4), ["ids"])
    builder.add("mean", MaskedMean(), ["embedding", "mask"])
    builder.add("fc", Linear(2), ["mean"])
    builder.add("scaled", Multiply(), ["fc", "scale"])
    return builder.finish()


def example_sentences(length: int, batch: int, rng: np.random.Generator) -> list[np.ndarray]:
    mask = rng.random((length, batch)) < 0.7
    mask[0] = True
    return [rng.integers(11, size=(length, batch)), mask, rng.normal(size=(2, batch))]


def test_integers_stay_integers():
    """Inputs are handed out in their types, keep what float32 could not hold, and get no gradient."""
    space = workspace(sentences(), input_gradients=True)
    ids, mask, scale = space.inputs(5)
    assert [x.dtype for x in (ids, mask, scale)] == ["int64", "bool", "float64"]
    assert [x.shape for x in (ids, mask, scale)] == [(6, 5), (6, 5), (2, 5)]
    ids[...] = 2**60 + 1
    assert (ids == 2**60 + 1).all()
    for x, values in zip((ids, mask, scale), example_sentences(6, 5, np.random.default_rng(0)), strict=True):
        x[...] = values
    y = space.graph.forward(space, ids, mask, scale, step=training(5))
    by_ids, by_mask, by_scale = space.graph.backward(space, np.ones_like(y))
    assert (by_ids, by_mask, by_scale.shape) == (None, None, (2, 5))
    embedding, mean, fc, scaled = space.active
    assert [ctx.needs_input_gradient for ctx in (embedding, mean, fc, scaled)] == [False, True, True, True]
    empty = [x[..., :0] for x in (ids, mask, scale)]
    by_ids, by_mask, by_scale = space.graph.backward(space, space.graph.forward(space, *empty))
    assert (by_ids, by_mask, by_scale.shape) == (None, None, (2, 0))


@pytest.mark.parametrize("input_gradients", [False, True])
def test_integer_inputs_against_pytorch(input_gradients):
    torch = pytest.importorskip("torch")
    graph = sentences()
    space = workspace(graph, input_gradients=input_gradients)
    rng = np.random.default_rng(0)
    ids, mask, scale = example_sentences(6, 5, rng)
    dy = rng.normal(size=(2, 5))
    y = graph.forward(space, ids, mask, scale, step=training(5))
    gradients = graph.backward(space, dy)
    weights = {name: torch.tensor(space.parameters[name], requires_grad=True) for name in space.parameters}
    vectors = torch.nn.functional.embedding(torch.tensor(ids.T), weights["embedding.weight"])
    kept, by = torch.tensor(mask.T)[..., None], torch.tensor(scale.T, requires_grad=True)
    pooled = (vectors * kept).sum(1) / kept.sum(1)
    theirs = torch.nn.functional.linear(pooled, weights["fc.weight"], weights["fc.bias"]) * by
    theirs.backward(torch.tensor(dy.T))
    np.testing.assert_allclose(y, theirs.detach().numpy().T, rtol=1e-12)
    for name, weight in weights.items():
        np.testing.assert_allclose(space.parameters.gradient(name), weight.grad.numpy(), rtol=1e-10, atol=1e-12)
    if input_gradients:
        np.testing.assert_allclose(gradients[2], by.grad.numpy().T, rtol=1e-12)
    else:
        assert gradients == [None, None, None]


def test_floats_for_integers_are_refused():
    space = workspace(sentences())
    ids, mask, scale = example_sentences(6, 5, np.random.default_rng(0))
    with pytest.raises(GraphError, match=r"^ids: the input has type float64, not int64; give an array of int64$"):
        space.graph.forward(space, ids.astype(float), mask, scale)
    with pytest.raises(GraphError, match=r"^the network has 3 inputs, got 2; give one array for each$"):
        space.graph.forward(space, ids, mask)
    with pytest.raises(ValueError, match="dtype: float32 is neither of integers nor bool; leave it out for floats"):
        Input((3,), "float32")


def test_the_layer_table_names_the_types():
    rows = [line.split() for line in sentences().summary().splitlines()]
    assert rows[2:5] == [["ids", "Input", "6", "int64"], ["mask", "Input", "6", "bool"], ["scale", "Input", "2"]]


def test_sentences_of_other_lengths():
    """Each length by one workspace, in turns, gives what a graph built for that length gives."""
    space, rng = workspace(sentences(6)), np.random.default_rng(0)
    for length, batch in [(6, 5), (3, 5), (9, 2), (6, 5), (3, 5)]:
        inputs, dy = example_sentences(length, batch, rng), rng.normal(size=(2, batch))
        alone = workspace(sentences(length), space.parameters)
        found = []
        for each in (space, alone):
            y = each.graph.forward(each, *inputs, step=training(batch)).copy()
            each.graph.backward(each, dy)
            found.append((y, space.parameters.gradients.copy()))
        for one, other in zip(*found, strict=True):
            np.testing.assert_array_equal(one, other)


def fully_convolutional(height: int, width: int) -> Graph:
    layers = {
        "conv1": Conv2d(4, 3, padding=1), "norm1": BatchNorm(), "act1": ReLU(), "pool1": MaxPool2d(2),
        "conv2": Conv2d(5, 3, padding=1), "act2": ReLU(), "pool2": GlobalAvgPool(), "head": Linear(3),
    }  # fmt: skip
    return models.build(layers, (2, height, width))


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("poisoned", [False, True])
def test_images_of_other_sizes(fused, poisoned):
    """A fully convolutional network takes them, trained and evaluated in turns on one workspace."""
    change = models.fuse if fused else lambda graph: graph
    space = workspace(change(fully_convolutional(8, 8)), poisoned=poisoned)
    rng, loss = np.random.default_rng(0), MeanSquaredError()
    for (height, width), batch in itertools.product([(8, 8), (12, 6), (7, 9), (8, 8)], [4, 3]):
        start = space.parameters.kept.copy()
        x, targets = rng.normal(size=(2, height, width, batch)), rng.normal(size=(3, batch))
        found = []
        for each in (space, workspace(change(fully_convolutional(height, width)), space.parameters)):
            space.parameters.kept[...] = start
            (inputs,) = each.inputs(batch, x.shape[:-1])
            inputs[...] = x
            outputs = each.graph.forward(each, inputs, step=training(batch))
            ctx = each.loss_context(batch)
            value = loss.forward(ctx, outputs, targets)
            each.graph.backward(each, loss.backward(ctx))
            evaluated = each.graph.forward(each, inputs).copy()
            found.append((value, space.parameters.gradients.copy(), space.parameters.kept.copy(), evaluated))
        for one, other in zip(*found, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("fused", [False, True])
def test_what_does_not_fit_another_shape_says_so(fused):
    graph = models.build({"conv": Conv2d(2, 3), "act": ReLU(), "head": Linear(3), "out": Tanh()}, (1, 6, 6))
    space = workspace(models.fuse(graph) if fused else graph)
    with pytest.raises(GraphError, match=r"^head: its parameters are for an input of 2x4x4, got 2x6x6"):
        space.graph.forward(space, np.ones((1, 8, 8, 2)))
    with pytest.raises(GraphError, match=r"^conv: kernel 3x3 does not fit its input 1x2x2"):
        space.graph.forward(space, np.ones((1, 2, 2, 2)))
