"""Networks as ONNX graphs: what they hold, and that they are checked."""

import json

import numpy as np
import pytest

from tests.helpers.exports import Data, check, network
from tests.helpers.runs import TINY, make_run
from trainer import load, models
from trainer.export import ExportError, export
from trainer.export.layers import CONVERTERS, converter
from trainer.models import GraphBuilder, ParameterStore
from trainer.runs.network import Network

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def test_shared_parameters_are_written_once(tmp_path):
    layers = {"conv1": models.Conv2d(2, 3, padding=1), "norm1": models.BatchNorm(), "act1": models.ReLU()}
    builder = GraphBuilder({"input": (2, 5, 5)})
    last = "input"
    for turn in (1, 2):
        for name, layer in layers.items():
            owner = name if turn == 2 and name != "act1" else None
            last = builder.add(name.replace("1", str(turn)), layer, [last], shared_with=owner)
    graph = builder.finish()
    store = ParameterStore(graph.parameters)
    rng = np.random.default_rng(0)
    for name in store:
        store[name][...] = rng.uniform(0.5, 1.5, store[name].shape)
    check(Network(graph, store, Data((2, 5, 5)), {}), tmp_path)
    written = [tensor.name for tensor in onnx.load(tmp_path / "model.onnx").graph.initializer]
    assert sorted(written) == sorted(store)


@pytest.mark.parametrize("preprocessing", [False, True])
@pytest.mark.parametrize("model", ["lenet5", "resnet8", "vgg_small"])
def test_networks(model, preprocessing, tmp_path):
    net = load(make_run(tmp_path, f"model={model}"))
    check(net, tmp_path, preprocessing)


def test_float64_network_is_written_as_float32(tmp_path):
    net = network(models.Linear(3), (6,), "float64")
    check(net, tmp_path)
    tensors = onnx.load(tmp_path / "model.onnx").graph.initializer
    assert {tensor.data_type for tensor in tensors} == {onnx.TensorProto.FLOAT}


def test_what_a_graph_says_of_itself(tmp_path):
    net = load(make_run(tmp_path, *TINY, "data.num_classes=10"))
    about = export(net, tmp_path / "model.onnx", preprocessing=True)
    model = onnx.load(tmp_path / "model.onnx")
    assert [entry.version for entry in model.opset_import] == [about["opset"]] == [17]
    (entry,) = model.graph.input
    assert entry.name == "images"
    assert [d.dim_param or d.dim_value for d in entry.type.tensor_type.shape.dim] == ["batch", 1, 8, 8]
    properties = {p.key: json.loads(p.value) for p in model.metadata_props}
    assert properties["classes"] == list(net.classes)
    assert properties["mean"] == list(net.dataset.mean)


@pytest.mark.parametrize("name", ["output", "images"])
def test_layers_named_like_the_ends_of_the_graph(name, tmp_path):
    check(network(models.SiLU(), (6,), name=name), tmp_path, preprocessing=True)


def test_wrong_translation_is_noticed(tmp_path):
    class Own(models.ReLU):
        pass

    converter(Own)(lambda layer, node: node.emit("Tanh", *node.inputs))
    try:
        with pytest.raises(ExportError, match="other outputs"):
            export(network(Own(), (3,)), tmp_path / "model.onnx")
    finally:
        del CONVERTERS[Own]
    assert not list(tmp_path.iterdir())
