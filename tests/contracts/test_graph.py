"""A graph written in Python: an autoencoder with tied weights, whose code has a second output."""

import numpy as np
import pytest

from trainer import models
from trainer.ground.streams import stream
from trainer.models.initializers import XavierUniform
from trainer.training.optimizers import SGD

IMAGES = np.random.default_rng(0).normal(size=(6, 5))  # (features, N): the examples are the last axis


@pytest.fixture
def network():
    """Graph, parameters and workspace."""
    builder = models.GraphBuilder({"image": (6,)}, XavierUniform())
    builder.add("encoder", models.Linear(6), ["image"])
    builder.add("code", models.Tanh(), ["encoder"])
    builder.add("decoder", models.Linear(6), ["code"], shared_with={"weight": "encoder.weight"})
    builder.add("head", models.Linear(2), ["code"])
    graph = builder.finish(outputs=["decoder", "head"])
    parameters = models.ParameterStore(graph.parameters, "float64")
    parameters.initialize(lambda name: stream(0, name))
    return graph, parameters, models.Workspace(graph, parameters, input_gradients=True)


def loss(graph, workspace, images=IMAGES):
    """The value, and its gradients with respect to the outputs."""
    outputs = graph.forward(workspace, images)
    error, scores = outputs["decoder"] - images, outputs["head"]
    return 0.5 * (error**2).sum() + (scores**3).sum(), {"decoder": error, "head": 3 * scores**2}


def test_there_is_one_tied_weight(network):
    graph, parameters, workspace = network
    assert [*graph.parameters] == ["encoder.weight", "encoder.bias", "decoder.bias", "head.weight", "head.bias"]
    outputs = graph.forward(workspace, IMAGES)
    assert {name: output.shape for name, output in outputs.items()} == {"decoder": (6, 5), "head": (2, 5)}
    code = np.tanh(parameters["encoder.weight"] @ IMAGES + parameters["encoder.bias"][:, None])
    np.testing.assert_allclose(outputs["decoder"], parameters["encoder.weight"] @ code)


def test_gradients_add_up(network):
    """Those of both outputs, and those of the tied weight's two uses."""
    graph, parameters, workspace = network
    graph.backward(workspace, loss(graph, workspace)[1])
    derived = {name: parameters.gradient(name).copy() for name in graph.parameters}
    for name, gradient in derived.items():
        for place in np.ndindex(gradient.shape):
            value = parameters[name][place]
            ends = []
            for moved in (value - 1e-5, value + 1e-5):
                parameters[name][place] = moved
                ends.append(loss(graph, workspace)[0])
            parameters[name][place] = value
            assert gradient[place] == pytest.approx((ends[1] - ends[0]) / 2e-5, rel=1e-6, abs=1e-8), (name, place)


def test_it_learns_by_hand(network):
    graph, parameters, workspace = network
    rule = SGD(lr=0.02)
    state = rule.create_state(parameters.data.size, parameters.dtype)
    losses = []
    for step in range(1, 51):
        value, gradients = loss(graph, workspace)
        graph.backward(workspace, {"decoder": gradients["decoder"], "head": np.zeros((2, 5))})
        rule.update(parameters.data, parameters.gradients, state, rule.lr, step)
        losses.append(value)
    assert losses[-1] < 0.5 * losses[0]


def test_a_missing_gradient_is_told(network):
    graph, _, workspace = network
    _, gradients = loss(graph, workspace)
    with pytest.raises(models.GraphError, match="needs the gradients of decoder, head, got head"):
        graph.backward(workspace, {"head": gradients["head"]})
