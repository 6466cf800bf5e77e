"""Graphs of several outputs, of integer inputs, and on inputs of other shapes than they were built for."""

import itertools

import numpy as np
import pytest

from trainer import models
from trainer.models import (
    BatchNorm,
    Conv2d,
    Flatten,
    GlobalAvgPool,
    Graph,
    GraphBuilder,
    GraphError,
    Input,
    Layer,
    Linear,
    Multiply,
    Parameter,
    ParameterStore,
    ReLU,
    Step,
    Tanh,
    Workspace,
)
from trainer.models.initializers import Normal
from trainer.models.losses import CrossEntropy, MeanSquaredError

RATE = 0.1


def workspace(graph: Graph, parameters: ParameterStore | None = None, **options) -> Workspace:
    if parameters is None:
        parameters = ParameterStore(graph.parameters, "float64")
        parameters.initialize(lambda name: np.random.default_rng(len(name)))
    return Workspace(graph, parameters, **options)


def training(batch: int) -> Step:
    return Step(batch=batch, offset=0, training=True)


# Several outputs


def two_heads() -> Graph:
    """A trunk with an auxiliary head in the middle, whose features are an output by themselves."""
    builder = GraphBuilder({"image": (2, 6, 6)})
    builder.add("conv", Conv2d(4, 3, padding=1), ["image"])
    builder.add("norm", BatchNorm(), ["conv"])
    builder.add("features", ReLU(), ["norm"])
    builder.add("pool", GlobalAvgPool(), ["features"])
    builder.add("auxiliary", Linear(3), ["pool"])
    builder.add("flat", Flatten(), ["features"])
    builder.add("fc", Linear(5), ["flat"])
    builder.add("act", Tanh(), ["fc"])
    builder.add("head", Linear(3), ["act"])
    return builder.finish(outputs=["head", "auxiliary", "features"])


def torch_heads(torch, space: Workspace):
    """The same network with the same parameters, as a function of an image."""
    conv, norm = torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.BatchNorm2d(4)
    auxiliary, fc, head = torch.nn.Linear(4, 3), torch.nn.Linear(4 * 6 * 6, 5), torch.nn.Linear(5, 3)
    modules = torch.nn.ModuleDict({"conv": conv, "norm": norm, "auxiliary": auxiliary, "fc": fc, "head": head}).double()
    modules.load_state_dict({name: torch.tensor(space.parameters[name]) for name in space.parameters}, strict=False)

    def forward(x):
        features = torch.relu(norm(conv(x)))
        main = head(torch.tanh(fc(features.flatten(1))))
        return {"head": main, "auxiliary": auxiliary(features.mean((2, 3))), "features": features}

    return modules, forward


@pytest.mark.parametrize("fused", [False, True])
def test_two_heads_train_as_in_pytorch(fused):
    """Cross-entropy of both heads and a penalty on the features between them, over steps of several batch sizes."""
    torch = pytest.importorskip("torch")
    graph = models.fuse(two_heads()) if fused else two_heads()
    assert ("features" in [node.name for node in graph.nodes], len(graph.nodes)) == (True, 6 if fused else 9)
    space, losses = workspace(graph), {"head": CrossEntropy(), "auxiliary": CrossEntropy()}
    modules, forward = torch_heads(torch, space)
    optimizer = torch.optim.SGD(modules.parameters(), RATE)
    rng = np.random.default_rng(0)
    for batch in (5, 3, 5):
        x, labels = rng.normal(size=(batch, 2, 6, 6)), rng.integers(3, size=batch)
        outputs = graph.forward(space, np.ascontiguousarray(np.moveaxis(x, 0, -1)), step=training(batch))
        assert list(outputs) == ["head", "auxiliary", "features"]
        contexts = {name: space.loss_context(batch, output=name) for name in losses}
        value = sum(loss.forward(contexts[name], outputs[name], labels) for name, loss in losses.items()) / batch
        dys = {name: loss.backward(contexts[name]) for name, loss in losses.items()}
        graph.backward(space, {**dys, "features": 0.01 * outputs["features"]})

        theirs = forward(torch.tensor(x))
        loss = sum(torch.nn.functional.cross_entropy(theirs[name], torch.tensor(labels)) for name in losses)
        assert value == pytest.approx(loss.item(), rel=1e-12)
        optimizer.zero_grad()
        (loss + 0.005 * theirs["features"].square().sum()).backward()
        optimizer.step()
        space.parameters.data -= RATE * space.parameters.gradients
        for name, array in {**dict(modules.named_parameters()), **dict(modules.named_buffers())}.items():
            if "num_batches" not in name:
                np.testing.assert_allclose(space.parameters[name], array.detach().numpy(), atol=1e-10, err_msg=name)


def test_shapes_of_outputs():
    graph = two_heads()
    assert graph.output_shapes == {"features": (4, 6, 6), "auxiliary": (3,), "head": (3,)}
    with pytest.raises(GraphError, match="the network has the outputs head, auxiliary, features; one is needed here"):
        _ = graph.output_shape


def test_an_empty_batch_has_empty_outputs():
    graph = two_heads()
    space = workspace(graph)
    outputs = graph.forward(space, np.empty((2, 6, 6, 0)))
    assert {name: y.shape for name, y in outputs.items()} == {
        "head": (3, 0), "auxiliary": (3, 0), "features": (4, 6, 6, 0),
    }  # fmt: skip
    space.parameters.gradients.fill(1)
    graph.backward(space, outputs)
    assert not space.parameters.gradients.any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda dys: dys.pop("head"), "needs the gradients by head, auxiliary, features, got auxiliary, features"),
        (lambda dys: dys.update(pool=dys["head"]), "got head, auxiliary, features, pool; give each by the name"),
        (lambda dys: dys.update(head=np.zeros((3, 3))), r"the gradient by head has shape \(3, 3\), not \(3, 4\)"),
    ],
)  # fmt: skip
def test_every_output_needs_its_gradient(change, message):
    graph = two_heads()
    space = workspace(graph)
    dys = {name: np.zeros_like(y) for name, y in graph.forward(space, np.ones((2, 6, 6, 4))).items()}
    change(dys)
    with pytest.raises(GraphError, match=message):
        graph.backward(space, dys)


def test_outputs_are_nodes():
    layers = {"fc": Linear(3), "head": Linear(2)}
    assert models.build(layers, (4,), outputs=["head", "fc"]).outputs == ("head", "fc")
    with pytest.raises(GraphError, match=r"^model\.layers: no node 'tail' to be an output; choose from fc, head$"):
        models.build(layers, (4,), outputs=["tail"])
    with pytest.raises(GraphError, match=r"^model\.layers\.head: its output is used by no node"):
        models.build(layers, (4,), outputs=["fc"])


# Integers


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
    with pytest.raises(ValueError, match="dtype must be of integers or bool, got float32; leave it out for floats"):
        Input((3,), "float32")


def test_the_layer_table_names_the_types():
    rows = [line.split() for line in sentences().summary().splitlines()]
    assert rows[2:5] == [["ids", "Input", "6", "int64"], ["mask", "Input", "6", "bool"], ["scale", "Input", "2"]]


# Other shapes


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
        "conv1": Conv2d(4, 3, padding=1), "norm1": BatchNorm(), "act1": ReLU(), "pool1": models.MaxPool2d(2),
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
    name = "out" if fused else "head"
    with pytest.raises(
        GraphError, match=f"^{name}: its parameters are for an input of 2x4x4, got 2x6x6"
    ):
        space.graph.forward(space, np.ones((1, 8, 8, 2)))
    name = "act" if fused else "conv"
    with pytest.raises(GraphError, match=f"^{name}: kernel 3x3 does not fit its input 1x2x2"):
        space.graph.forward(space, np.ones((1, 2, 2, 2)))


def test_a_loss_has_a_context_for_each_output_and_shape():
    space = workspace(sentences())
    contexts = [space.loss_context(4), space.loss_context(4, output="head"), space.loss_context(4, (7,), "head")]
    assert [ctx.output_shape for ctx in contexts] == [(4,), (4,), (7, 4)]
    assert len({id(ctx) for ctx in contexts}) == 3
    first, head, longer = (ctx.buffer("t", (3, 4)) for ctx in contexts)
    assert not np.shares_memory(first, head)
    assert np.shares_memory(head, longer)  # of one loss only one is in use
    assert space.loss_context(4, (7,), "head") is contexts[2]
