"""Every shipped model composes, builds, and is the network that PyTorch would count."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from trainer import models
from trainer.compose.completed import with_outputs
from trainer.engine.setup import make_loss
from trainer.ground.targets import instantiate, maker
from trainer.models import ParameterStore, Step, Workspace
from trainer.models.losses import CrossEntropy
from trainer.problems import Classification

pytestmark = pytest.mark.parametrize("poison", "0", indirect=True)

CONFIGS = Path(__file__).parents[2] / "configs"
OTHER_DATA = {"shallow_cnn", "char_mlp", "table_mlp"}  # with tests of their own
NAMES = sorted({path.stem for path in (CONFIGS / "model").glob("*.yaml")} - OTHER_DATA)
GREY, COLOUR = (1, 28, 28), (3, 32, 32)


@cache
def configured(*overrides: str) -> dict:
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config = compose("config", overrides=["data=digits", *overrides])
    plain = {group: OmegaConf.to_container(config[group], resolve=True) for group in ("data", "model", "loss")}
    with_outputs(plain)
    return plain


def network(name: str, shape: tuple[int, ...] = GREY, *overrides: str) -> models.Graph:
    model = configured(f"model={name}", *overrides)["model"]
    assert model.keys() == {"initializer", "layers"}
    initializer = instantiate(model["initializer"], models.initializers.Initializer, "model.initializer")
    return models.build(model["layers"], shape, maker((models.Layer, models.Composite)), initializer)


def learned(graph: models.Graph) -> int:
    return sum(int(np.prod(p.shape)) for p in graph.parameters.values() if p.trainable)


def lenet5(nn, normalised: bool) -> list:
    def block(inputs: int, outputs: int, padding: int = 0) -> list:
        norm = [nn.BatchNorm2d(outputs)] if normalised else []
        return [nn.Conv2d(inputs, outputs, 5, padding=padding, bias=not normalised), *norm]

    return [*block(1, 6, 2), *block(6, 16), *block(16, 120), nn.Linear(120, 84), nn.Linear(84, 10)]


def convolution(nn, inputs: int, outputs: int, size: int = 3) -> list:
    return [nn.Conv2d(inputs, outputs, size, bias=False), nn.BatchNorm2d(outputs)]


def vgg_small(nn) -> list:
    widths = [(1, 32), (32, 32), (32, 64), (64, 64)]
    layers = [layer for pair in widths for layer in convolution(nn, *pair)]
    return [*layers, nn.Linear(64 * 7 * 7, 128), nn.Linear(128, 10)]


def resnet(nn, blocks: int) -> list:
    layers, inputs = convolution(nn, 1, 16), 16
    for outputs in (16, 32, 64):
        for _ in range(blocks):
            layers += [*convolution(nn, inputs, outputs), *convolution(nn, outputs, outputs)]
            if inputs != outputs:
                layers += convolution(nn, inputs, outputs, 1)
            inputs = outputs
    return [*layers, nn.Linear(64, 10)]


TORCH: dict[str, Callable] = {
    "mlp": lambda nn: [nn.Linear(784, 256), nn.Linear(256, 128), nn.Linear(128, 10)],
    "two_layer": lambda nn: [nn.Linear(784, 50), nn.Linear(50, 10)],
    "deep_mlp": lambda nn: [nn.Linear(784, 512), *[nn.Linear(512, 512) for _ in range(5)], nn.Linear(512, 10)],
    "lenet5_fcn": lambda nn: lenet5(nn, normalised=True),
    "lenet5": lambda nn: lenet5(nn, normalised=True),
    "lenet5_plain": lambda nn: lenet5(nn, normalised=False),
    "vgg_small": vgg_small,
    "resnet8": lambda nn: resnet(nn, 1),
    "resnet20": lambda nn: resnet(nn, 3),
}
COUNTS = {
    "mlp": 235_146,
    "two_layer": 39_760,
    "deep_mlp": 1_720_330,
    "lenet5_fcn": 61_848,
    "lenet5": 61_848,
    "lenet5_plain": 61_706,
    "vgg_small": 468_010,
    "resnet8": 77_754,
    "resnet20": 272_186,
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameters_are_as_many_as_expected(name):
    assert learned(network(name)) == COUNTS[name]


@pytest.mark.parametrize("name", TORCH)
def test_parameters_are_as_many_as_pytorch_counts(name):
    nn = pytest.importorskip("torch").nn
    assert learned(network(name)) == sum(p.numel() for layer in TORCH[name](nn) for p in layer.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_every_model_makes_a_step(name):
    graph = network(name)
    assert graph.output_shape == (10,)
    parameters = ParameterStore(graph.parameters)
    rng = np.random.default_rng(0)
    parameters.initialize(lambda name: rng)
    workspace = Workspace(graph, parameters, generator=lambda name: rng)
    inputs = rng.normal(size=(*GREY, 8)).astype(np.float32)
    logits = graph.forward(workspace, inputs, step=Step(batch=8, offset=0, training=True))
    loss = CrossEntropy()
    value = loss.forward(workspace.loss_context(8), logits, rng.integers(0, 10, 8))
    graph.backward(workspace, loss.backward(workspace.loss_context(8)))
    assert np.isfinite(value)
    for parameter, declared in graph.parameters.items():
        if declared.trainable:
            assert np.isfinite(parameters.gradient(parameter)).all()
            assert parameters.gradient(parameter).any()


@pytest.mark.parametrize("name", ["mlp", "vgg_small", "resnet8", "resnet20"])
def test_colour_pictures(name):
    assert network(name, COLOUR, "data.num_classes=7").output_shape == (7,)


def test_lenet5_fcn_is_lenet5():
    """With 1x1 convolutions for its fully connected layers it is the same function, and takes larger images too."""
    graphs = [network(name, GREY, "precision=float64") for name in ("lenet5", "lenet5_fcn")]
    stores = [ParameterStore(graph.parameters, "float64") for graph in graphs]
    rng = np.random.default_rng(0)
    stores[0].initialize(lambda name: rng)
    for name in stores[0]:
        stores[1][name].reshape(-1)[:] = stores[0][name].reshape(-1)
    inputs = rng.normal(size=(*GREY, 3))
    outputs = [graph.forward(Workspace(graph, store), inputs) for graph, store in zip(graphs, stores, strict=True)]
    np.testing.assert_allclose(*outputs, rtol=0, atol=1e-12)
    assert network("lenet5_fcn", (1, 40, 36)).output_shape == (10,)


def test_one_line_says_what_each_model_is():
    for path in [*(CONFIGS / "model").glob("*.yaml"), *(CONFIGS / "loss").glob("*.yaml")]:
        first, second, *_ = path.read_text(encoding="utf-8").splitlines()
        assert first.startswith("# "), path.name
        assert not second.startswith("#"), path.name


def test_layers_can_be_changed_and_left_out():
    graph = network("lenet5", GREY, "model.layers.fc1.out_features=50", "~model.layers.drop1", "~model.layers.norm1")
    assert graph.parameters["head.weight"].shape == (10, 50)
    assert not {"drop1", "norm1"} & {node.name for node in graph.nodes}


@pytest.mark.parametrize("name", sorted(path.stem for path in (CONFIGS / "loss").glob("*.yaml")))
def test_every_loss_fits_every_classifier(name):
    problem = Classification(network("mlp"), 10)
    declared = OmegaConf.to_container(OmegaConf.load(CONFIGS / "loss" / f"{name}.yaml"))
    make_loss({"loss": declared, "allow": ()}, problem).check(problem.output_shape, 10)
