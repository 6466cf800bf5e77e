"""Graphs of several outputs: auxiliary heads, and what is read on the way."""

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
    Linear,
    MaxPool2d,
    ParameterStore,
    ReLU,
    Step,
    Tanh,
    Workspace,
)
from trainer.models.losses import CrossEntropy

RATE = 0.1


def workspace(graph: Graph, **options) -> Workspace:
    parameters = ParameterStore(graph.parameters, "float64")
    parameters.initialize(lambda name: np.random.default_rng(len(name)))
    return Workspace(graph, parameters, **options)


def training(batch: int) -> Step:
    return Step(batch=batch, offset=0, training=True)


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


@pytest.mark.parametrize("output", ["conv", "norm", "act", "pool", "fc", "tanh"])
def test_fusion_leaves_outputs_as_they_are(output):
    """Also where one other node alone reads them."""
    layers = {
        "conv": Conv2d(3, 3), "norm": BatchNorm(), "act": ReLU(), "pool": MaxPool2d(2), "fc": Linear(4),
        "tanh": Tanh(), "head": Linear(2),
    }  # fmt: skip
    graph = models.build(layers, (2, 6, 6), outputs=["head", output])
    fused = models.fuse(graph)
    assert len(fused.nodes) < len(graph.nodes)
    x, found = np.random.default_rng(0).normal(size=(2, 6, 6, 5)), []
    for each in (graph, fused):
        space = workspace(each, input_gradients=True)
        outputs = each.forward(space, x, step=training(5))
        found.append({name: y.copy() for name, y in outputs.items()})
        (found[-1]["dx"],) = each.backward(space, {name: np.cos(y) for name, y in outputs.items()})
        found[-1]["gradients"] = space.parameters.gradients
    for name, array in found[0].items():
        np.testing.assert_allclose(found[1][name], array, atol=1e-10, err_msg=name)


def test_shapes_of_outputs():
    graph = two_heads()
    assert list(graph.output_shapes.items()) == [("head", (3,)), ("auxiliary", (3,)), ("features", (4, 6, 6))]
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
        (lambda dys: dys.pop("head"), "needs the gradients of head, auxiliary, features, got auxiliary, features"),
        (lambda dys: dys.update(pool=dys["head"]), "got head, auxiliary, features, pool; give each by the name"),
        (lambda dys: dys.update(head=np.zeros((3, 3))), r"the gradient of head has shape \(3, 3\), not \(3, 4\)"),
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


def test_a_loss_has_a_context_for_each_output_and_shape():
    space = workspace(two_heads())
    contexts = [space.loss_context(4), space.loss_context(4, output="head"), space.loss_context(4, (7,), "head")]
    assert [ctx.output_shape for ctx in contexts] == [(4,), (4,), (7, 4)]
    assert len({id(ctx) for ctx in contexts}) == 3
    first, head, longer = (ctx.buffer("t", (3, 4)) for ctx in contexts)
    assert not np.shares_memory(first, head)
    assert np.shares_memory(head, longer)  # of one loss only one is in use
    assert space.loss_context(4, (7,), "head") is contexts[2]
