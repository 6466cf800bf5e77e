"""Groups of layers: the nodes they unfold into and the gradient through branches."""

import numpy as np
import pytest

from tests.helpers.gradients import central_differences, compare
from trainer.models import (
    BatchNorm,
    GraphError,
    Linear,
    ParameterStore,
    ReLU,
    Repeat,
    Residual,
    Sequential,
    Tanh,
    Workspace,
    build,
)


def names(graph):
    return [node.name for node in graph.nodes]


def test_sequential_prefixes_its_nodes():
    graph = build({"block": Sequential({"fc": Linear(3), "act": ReLU()}), "head": Linear(2)}, (4,))
    assert names(graph) == ["block.fc", "block.act", "head"]
    assert next(iter(graph.parameters)) == "block.fc.weight"
    assert graph.nodes[2].inputs == ("block.act",)


def test_repeat_gives_every_turn_its_own_parameters():
    graph = build({"deep": Repeat(3, {"fc": Linear(5), "act": Tanh()})}, (4,))
    assert names(graph) == ["deep.0.fc", "deep.0.act", "deep.1.fc", "deep.1.act", "deep.2.fc", "deep.2.act"]
    assert graph.parameters["deep.0.fc.weight"].shape == (5, 4)
    assert graph.parameters["deep.2.fc.weight"].shape == (5, 5)


def test_residual_adds_its_input_or_its_shortcut():
    graph = build({"res": Residual({"fc": Linear(4)})}, (4,))
    assert names(graph) == ["res.body.fc", "res.add"]
    assert graph.nodes[-1].inputs == ("res.body.fc", "input")
    graph = build({"res": Residual({"fc": Linear(3)}, {"fc": Linear(3)})}, (4,))
    assert graph.nodes[-1].inputs == ("res.body.fc", "res.shortcut.fc")


def test_groups_nest():
    stage = Sequential({"in": Linear(4), "blocks": Repeat(2, {"res": Residual({"fc": Linear(4), "act": Tanh()})})})
    graph = build({"stage": stage}, (3,))
    assert names(graph)[0] == "stage.in"
    assert names(graph)[-1] == "stage.blocks.1.res.add"


def test_branches_that_end_in_different_shapes():
    with pytest.raises(GraphError, match=r"model\.layers\.res\.add: Add needs inputs of the same shape, got 3 and 4"):
        build({"res": Residual({"fc": Linear(3)})}, (4,))


def test_repeat_needs_a_turn():
    with pytest.raises(ValueError, match="times: 0 is not in"):
        Repeat(0, {"fc": Linear(4)})
    with pytest.raises(ValueError, match=r"times: .* is not in"):
        Repeat(1001, {"fc": Linear(4)})


def test_gradients_through_a_residual_network():
    """Every input and parameter, where branches meet in both directions."""
    block = {"fc": Linear(4), "norm": BatchNorm(), "act": Tanh()}
    stack = {
        "in": Linear(4),
        "deep": Repeat(2, {"res": Residual(block)}),
        "wide": Residual({"fc": Linear(3), "act": Tanh()}, {"fc": Linear(3)}),
    }
    graph = build(stack, (5,))
    store = ParameterStore(graph.parameters, "float64")
    store.initialize(lambda name: np.random.default_rng(len(name)))
    workspace = Workspace(graph, store, input_gradients=True)
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(5, 3)), rng.normal(size=(3, 3))

    def loss():
        return float(np.vdot(graph.forward(workspace, x), dy))

    loss()
    derived = {"x": graph.backward(workspace, dy)[0].copy()}
    learned = [name for name, parameter in graph.parameters.items() if parameter.trainable]
    derived |= {name: store.gradient(name).copy() for name in learned}
    compare("x", derived["x"], central_differences(loss, x), 1e-6)
    for name in learned:
        compare(name, derived[name], central_differences(loss, store[name]), 1e-6)
