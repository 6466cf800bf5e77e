"""Fused nodes call the layers' own arithmetic, and whatever goes wrong in them names the layer."""

from __future__ import annotations

import numpy as np
import pytest

from trainer import models
from trainer.models import GraphError, ParameterStore, Step, Workspace

CHAIN = {
    "conv": models.Conv2d(3, 3, padding=1),
    "norm": models.BatchNorm(),
    "act": models.Tanh(),
    "pool": models.MaxPool2d(2),
    "fc": models.Linear(4),
    "relu": models.ReLU(),
    "head": models.Linear(2),
}
SHARED = {  # what a debugger should stop at, with fusion as well as without
    models.Conv2d: ("correlate", "gradients"),
    models.BatchNorm: ("measure", "coefficients", "slopes", "update_running"),
    models.MaxPool2d: ("forward",),
    models.Tanh: ("apply", "gradient"),
    models.Linear: ("forward", "backward"),
}


def step(graph: models.Graph, batch: int = 4, training: bool = True) -> Workspace:
    """A workspace after a forward and, in training, a backward."""
    store = ParameterStore(graph.parameters)
    store.initialize(lambda name: np.random.default_rng(len(name)))
    workspace = Workspace(graph, store)
    images = np.random.default_rng(0).normal(size=(*graph.input_shapes[0], batch)).astype("float32")
    graph.forward(workspace, images, step=Step(batch, 0, training))
    if training:
        graph.backward(workspace, np.ones((*graph.output_shape, batch), "float32"))
    return workspace


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(("kind", "method"), [(kind, method) for kind, all_ in SHARED.items() for method in all_])
def test_a_breakpoint_is_met_with_fusion_and_without(monkeypatch, fused, kind, method):
    graph, function, met = models.build(CHAIN, (1, 6, 6)), getattr(kind, method), []

    def watched(self: models.Layer, *arguments: object) -> object:
        met.append(self)
        return function(self, *arguments)

    monkeypatch.setattr(kind, method, watched)
    step(models.fuse(graph) if fused else graph)
    assert met


@pytest.mark.parametrize("kind", [models.Conv2d, models.BatchNorm, models.MaxPool2d, models.Activation, models.Add])
def test_a_layer_says_where_it_is_computed_instead(kind):
    first_lines = kind.__doc__.split("Args:")[0]
    assert "models/fused.py" in first_lines
    assert "fuse=false" in first_lines


def test_each_layer_has_its_context():
    fused = models.fuse(models.build(CHAIN, (1, 6, 6)))
    workspace = step(fused)
    whole = workspace.contexts(4)[0]
    assert [(role, part.name) for role, part in whole.parts.items()] == [
        ("convolution", "conv"),
        ("norm", "norm"),
        ("activation", "act"),
        ("pool", "pool"),
    ]
    norm = whole.parts["norm"]
    assert norm.params.running_mean is workspace.parameters["norm.running_mean"]
    assert norm.grads.weight is workspace.parameters.gradient("norm.weight")
    assert whole.parts["pool"].output_shape == (3, 3, 3, 4)
    buffers = [whole.buffer("y", (3, 3, 3, 4)), whole.parts["pool"].buffer("y", (3, 3, 3, 4))]
    assert not np.shares_memory(*buffers)  # though the whole has the name of its last layer


def test_the_layer_table_is_the_same():
    graph = models.build(CHAIN, (1, 6, 6))
    assert models.fuse(graph).summary() == graph.summary()


def test_a_batch_without_variance_names_the_norm():
    layers = {"conv": models.Conv2d(2, 2), "norm": models.BatchNorm(), "act": models.ReLU(), "head": models.Linear(2)}
    with pytest.raises(GraphError, match=r"^norm: training needs two or more values per channel, got 1"):
        step(models.fuse(models.build(layers, (1, 2, 2))), batch=1)


class Absent(models.ReLU):
    """Computes what it should, but in an array of its own."""

    def apply(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0)


class Unreturned(models.ReLU):
    """Forgets to return."""

    def gradient(self, x: object, y: np.ndarray, dy: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        np.multiply(dy, y > 0, out=out)


@pytest.mark.parametrize(("kind", "method"), [(Absent, "apply"), (Unreturned, "gradient")])
@pytest.mark.parametrize("head", [models.Conv2d(2, 1), models.Linear(2)])
def test_an_activation_of_ones_own_that_breaks_its_contract_is_named(kind, method, head):
    graph = models.fuse(models.build({"first": head, "mine": kind(), "last": models.Linear(2)}, (1, 4, 4)))
    assert graph.nodes[0].label == "first + mine"
    with pytest.raises(GraphError, match=rf"^mine: {kind.__name__}\.{method} does not return its out; write"):
        step(graph)


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_what_a_fused_node_should_not_give_names_its_layers(monkeypatch, method):
    layers = {"x": models.Linear(3), "fc": models.Linear(4), "act": models.Tanh(), "head": models.Linear(2)}
    graph = models.fuse(models.build(layers, (3,)))
    monkeypatch.setattr(type(graph.nodes[1].layer), method, lambda *_: None)
    what = {"forward": "output", "backward": "gradient of x"}[method]
    with pytest.raises(GraphError, match=rf"^model\.layers\.act: \(fc \+ act\)\.{method}: the {what} is missing"):
        step(graph)
