"""Frozen parameters: they and their statistics stay, gradients fit that mode, and nothing below is computed."""

import numpy as np
import pytest

from tests.helpers.torch_models import lenet5
from trainer import models
from trainer.commands.gradcheck import check_gradients
from trainer.models import ParameterStore, Step, Workspace, fuse
from trainer.models.losses import CrossEntropy
from trainer.problems import Classification

NORM = ("norm.weight", "norm.bias")
CHAINS = {
    "conv, norm, act, pool": {
        "conv": models.Conv2d(4, 3, padding=1),
        "norm": models.BatchNorm(),
        "act": models.Tanh(),
        "pool": models.MaxPool2d(2),
    },
    "conv without bias, norm": {"conv": models.Conv2d(4, 3, bias=False), "norm": models.BatchNorm()},
    "linear, norm": {"fc": models.Linear(6), "norm": models.BatchNorm(), "act": models.ReLU()},
    "residual": {
        "conv": models.Conv2d(2, 3, padding=1),
        "norm": models.BatchNorm(),
        "sum": models.Add(),
        "act": models.ReLU(),
    },
}


def network(name):
    layers = CHAINS[name] | {"head": models.Linear(5)}
    builder = models.GraphBuilder({"input": (2, 6, 6)})
    previous = "input"
    for layer, made in layers.items():
        previous = builder.add(layer, made, [previous, "input"] if layer == "sum" else [previous])
    return builder.finish()


def initialised(graph, dtype="float64"):
    store = ParameterStore(graph.parameters, dtype)
    rng = np.random.default_rng(0)
    for name in store:
        store[name][...] = rng.uniform(0.5, 1.5, store[name].shape) * rng.choice([-1, 1], store[name].shape)
        if name.endswith("running_var"):
            np.abs(store[name], out=store[name])
    return store


@pytest.mark.parametrize("poison", "1", indirect=True)  # as the check itself has it
@pytest.mark.parametrize("name", CHAINS)
def test_gradients_of_a_frozen_norm_in_every_way_it_is_computed(name):
    graph = network(name).freeze(NORM)
    trained, problem = fuse(graph), Classification(graph, 5)
    checks, faults = check_gradients(graph, CrossEntropy(), initialised(graph), problem, trained=trained)
    assert faults == []
    assert {c.name for c in checks} == {"the input"} | {n for n, p in graph.parameters.items() if p.trainable}
    assert all(c.passed and c.error > 0 for c in checks)


@pytest.mark.parametrize("fused", [False, True])
def test_a_frozen_norm_equals_pytorchs_in_evaluation_mode(fused):
    torch = pytest.importorskip("torch")
    module = lenet5(torch).double()
    layers = {
        "conv1": models.Conv2d(6, 5, padding=2, bias=False),
        "norm1": models.BatchNorm(),
        "act1": models.Tanh(),
        "pool1": models.MaxPool2d(2),
        "conv2": models.Conv2d(16, 5, bias=False),
        "norm2": models.BatchNorm(),
        "act2": models.Tanh(),
        "pool2": models.MaxPool2d(2),
        "conv3": models.Conv2d(120, 5, bias=False),
        "norm3": models.BatchNorm(),
        "act3": models.Tanh(),
        "fc1": models.Linear(84),
        "act4": models.Tanh(),
        "head": models.Linear(10),
    }
    frozen = ("norm2.weight", "norm2.bias")
    graph = models.build(layers, (1, 28, 28)).freeze(frozen)
    store = initialised(graph)
    for name in ("conv1", "conv2", "conv3", "fc1", "head"):
        store[f"{name}.weight"][...] *= 0.05  # away from where tanh is flat
    state = {name: torch.tensor(store[name]) for name in store}
    module.load_state_dict(state, strict=False)
    module.train()
    module.drop1.eval()
    module.norm2.eval()
    images = np.random.default_rng(1).normal(size=(7, 1, 28, 28))
    outputs = module(torch.tensor(images))
    outputs.square().sum().backward()
    workspace = Workspace(fuse(graph) if fused else graph, store)
    x = np.ascontiguousarray(np.moveaxis(images, 0, -1))
    y = workspace.graph.forward(workspace, x, step=Step(7, 0, True))
    np.testing.assert_allclose(y.T, outputs.detach().numpy(), rtol=1e-9)
    workspace.graph.backward(workspace, 2 * y)
    theirs = dict(module.named_parameters())
    for name in (name for name, parameter in graph.parameters.items() if parameter.trainable):
        gradient = theirs[name].grad.numpy()
        np.testing.assert_allclose(store.gradient(name), gradient, atol=1e-9 * np.abs(gradient).max(), err_msg=name)
    np.testing.assert_array_equal(store["norm2.running_mean"], state["norm2.running_mean"].numpy())
    for name in ("norm1.running_mean", "norm1.running_var", "norm2.running_var"):
        np.testing.assert_allclose(store[name], module.state_dict()[name].numpy(), rtol=1e-9, err_msg=name)


def test_a_norm_frozen_in_part_measures_as_ever():
    graph = network("linear, norm").freeze(["norm.weight"])
    store = initialised(graph)
    before = store["norm.running_mean"].copy()
    workspace = Workspace(graph, store)
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 4))
    graph.forward(workspace, x, step=Step(4, 0, True))
    assert (store["norm.running_mean"] != before).all()


@pytest.mark.parametrize("fused", [False, True])
def test_layers_below_what_is_learned_are_not_asked_backward(monkeypatch, fused):
    graph = network("conv, norm, act, pool").freeze(["conv.weight", "conv.bias", *NORM])
    store, asked = initialised(graph), []
    network_ = fuse(graph) if fused else graph
    for node in network_.nodes:
        backward = node.layer.backward
        seen = lambda ctx, dy, name=node.name, backward=backward: (asked.append(name), backward(ctx, dy))[1]  # noqa: E731
        monkeypatch.setattr(node.layer, "backward", seen)
    workspace = Workspace(network_, store)
    y = network_.forward(workspace, np.ones((2, 6, 6, 3)), step=Step(3, 0, True))
    network_.backward(workspace, np.ones_like(y))
    assert asked == ["head"]
    assert (store.gradient("head.weight") != 0).any()


def test_a_frozen_parameter_that_two_layers_share():
    builder = models.GraphBuilder({"input": (4,)})
    builder.add("first", models.Linear(4), ["input"])
    builder.add("one", models.Linear(4), ["first"])
    builder.add("two", models.Linear(4), ["one"], shared_with="one")
    graph = builder.finish().freeze(["one.weight"])
    checks, faults = check_gradients(graph, CrossEntropy(), initialised(graph), Classification(graph, 4))
    assert faults == []
    assert all(c.passed for c in checks)
    assert "one.weight" not in {c.name for c in checks}


def test_the_table_counts_them():
    graph = network("linear, norm").freeze(NORM)
    last = graph.summary().splitlines()[-1].split()
    assert last[:4] == ["total", "12", "frozen", "485"]
