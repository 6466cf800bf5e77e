"""The whole gradient of configured networks: derived by hand against autograd, which share no code."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from trainer import models
from trainer.compose.completed import with_outputs
from trainer.ground.targets import instantiate, maker
from trainer.models.autograd import Variable
from trainer.models.autograd import functions as F  # noqa: N812

CONFIGS = Path(__file__).parents[2] / "configs"
BATCH = 4

Parameters = Mapping[str, Variable]


def normalise(layer: models.BatchNorm, p: Parameters, x: Variable) -> Variable:
    return F.batch_norm(x, p["weight"], p["bias"], eps=layer.eps)


def convolve(layer: models.Conv2d, p: Parameters, x: Variable) -> Variable:
    return F.conv2d(x, p["weight"], p.get("bias"), layer.stride, layer.padding, layer.dilation)


FUNCTIONS: dict[str, Callable[[models.Layer, Parameters, Variable], Variable]] = {
    "Add": lambda layer, p, *inputs: sum(inputs),
    "BatchNorm": normalise,
    "Conv2d": convolve,
    "Dropout": lambda layer, p, x: x,
    "Flatten": lambda layer, p, x: x.reshape(len(x), -1),
    "GlobalAvgPool": lambda layer, p, x: x.mean((2, 3)),
    "Linear": lambda layer, p, x: F.linear(x.reshape(len(x), -1), p["weight"], p["bias"]),
    "MaxPool2d": lambda layer, p, x: F.max_pool2d(x, layer.kernel_size, layer.stride, layer.padding),
    "ReLU": lambda layer, p, x: F.relu(x),
    "Tanh": lambda layer, p, x: F.tanh(x),
}


def network(name: str) -> models.Graph:
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config = compose("config", overrides=[f"model={name}", "data=digits"])
    plain = {group: OmegaConf.to_container(config[group], resolve=True) for group in ("data", "model")}
    with_outputs(plain)
    model = plain["model"]
    initializer = instantiate(model["initializer"], models.initializers.Initializer, "model.initializer")
    graph = models.build(model["layers"], (1, 28, 28), maker((models.Layer, models.Composite)), initializer)
    for node in graph.nodes:
        if isinstance(node.layer, models.Dropout):
            node.layer.p = 0.0
    return graph


@pytest.mark.parametrize("name", ["lenet5", "lenet5_plain", "vgg_small", "resnet8"])
def test_the_whole_gradient(name):
    graph = network(name)
    store = models.ParameterStore(graph.parameters, "float64")
    rng = np.random.default_rng(0)
    store.initialize(lambda name: rng)
    store.data += 0.01 * rng.normal(size=store.data.size)  # moves scales and shifts off one and zero
    images, labels = rng.normal(size=(BATCH, 1, 28, 28)), rng.integers(0, 10, BATCH)

    workspace = models.Workspace(graph, store, generator=lambda name: rng, input_gradients=True)
    step = models.Step(batch=BATCH, offset=0, training=True)
    outputs = graph.forward(workspace, np.ascontiguousarray(np.moveaxis(images, 0, -1)), step=step)
    context, cross_entropy = workspace.loss_context(BATCH), models.losses.CrossEntropy()
    loss = cross_entropy.forward(context, outputs, labels) / BATCH
    (dx,) = graph.backward(workspace, cross_entropy.backward(context))

    parameters = {full: Variable(store[full]) for full in store}
    values = {"input": Variable(images)}
    for node in graph.nodes:
        own = {short: parameters[full] for short, full in node.parameters.items()}
        inputs = (values[source] for source in node.inputs)
        values[node.name] = FUNCTIONS[type(node.layer).__name__](node.layer, own, *inputs)
    expected = F.softmax_cross_entropy(values[graph.nodes[-1].name], labels)
    expected.backward()

    assert loss == pytest.approx(float(expected), rel=1e-10)
    np.testing.assert_allclose(np.moveaxis(dx, -1, 0), values["input"].grad.data, rtol=1e-10, atol=1e-10)
    learned = [full for full in store if graph.parameters[full].trainable]
    for full in learned:
        gradient = parameters[full].grad.data
        assert np.abs(gradient).max() > 1e-6
        np.testing.assert_allclose(store.gradient(full), gradient, rtol=1e-10, atol=1e-10, err_msg=full)
