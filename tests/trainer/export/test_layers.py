"""Every shipped layer in terms of ONNX operators, run by another program."""

import numpy as np
import pytest

from tests.helpers.exports import Data, check, network
from tests.models.test_contract import example, layer_classes, shapes
from trainer import models
from trainer.datasets import Field
from trainer.export import ExportError, export
from trainer.runs.network import Network

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("kind", layer_classes().values(), ids=layer_classes())
def test_every_layer(kind, tmp_path):
    layer = example(kind)
    check(network(layer, shapes(layer)[0]), tmp_path)
    try:
        net = network(example(kind), (6,))
    except models.GraphError:
        return  # takes images only
    check(net, tmp_path)


@pytest.mark.parametrize("kind", [models.MaxPool2d, models.AvgPool2d])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (3, 1, 1), ((2, 3), (3, 2), (1, 0)), (5, 3, 2)]
)
def test_pooling(kind, kernel, stride, padding, ceil_mode, tmp_path):
    check(network(kind(kernel, stride, padding, ceil_mode), (2, 7, 8)), tmp_path)
    if kind is models.AvgPool2d:
        check(network(kind(kernel, stride, padding, ceil_mode, count_include_pad=False), (2, 7, 8)), tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 2), "bias": False},
        {"kernel_size": 3, "dilation": 2, "padding": 2},
        {"kernel_size": 3, "padding": 1},
    ],
)
def test_convolution(options, tmp_path):
    check(network(models.Conv2d(4, **options), (3, 9, 10)), tmp_path)


def test_layer_without_translation(tmp_path):
    class Own(models.ReLU):
        pass

    with pytest.raises(ExportError, match="layer: Own has no ONNX translation"):
        export(network(Own(), (3,)), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("levels", [[], [5], [21, 3, 40]])
def test_embeddings(levels, tmp_path):
    if levels:
        check(network(models.Embeddings(levels), (len(levels),)), tmp_path)
    numbers, places = Field((4,)), Field((len(levels),), "int64")
    layers = {
        "vectors": {"_target_": models.Embeddings, "levels": levels, "inputs": ["places"]},
        "joined": {"_target_": models.Concatenate, "inputs": ["numbers", "vectors"]},
        "head": {"_target_": models.Linear, "out_features": 2},
    }
    graph = models.build(layers, {"numbers": models.Input((4,)), "places": models.Input(places.shape, "int64")}, make)
    data = Data((4,))
    data.inputs, data.mean, data.std = {"numbers": numbers, "places": places}, None, None
    store = models.ParameterStore(graph.parameters)
    store.initialize(lambda name: np.random.default_rng(0))
    check(Network(graph, store, data, {}), tmp_path)


def make(spec, key):
    """Make a layer of a declaration."""
    options = {name: value for name, value in spec.items() if name not in ("_target_", "inputs")}
    return spec["_target_"](**options)


@pytest.mark.parametrize("shape", [(), (7,), (2, 3)])
def test_embedding(shape, tmp_path):
    check(network(models.Embedding(5, 3), shape), tmp_path)
