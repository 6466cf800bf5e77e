"""Export to ONNX, layer by layer and network by network, and of weights."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.helpers.runs import TINY, make_run
from tests.models.test_contract import example, layer_classes
from trainer import load, models
from trainer.commands.export import main
from trainer.export import ExportError, export
from trainer.export.layers import CONVERTERS, converter
from trainer.models import GraphBuilder, ParameterStore
from trainer.runs.network import Network

needs_onnx = pytest.mark.usefixtures("onnx")
FORMULAS = [
    "x * sigmoid(a * x) + c",
    "where(x > 0, x, -x / (1 + x ** 2)) * pi",
    "softmax(x) - log_softmax(x) + (x <= 0.5) * e",
    "sum(x) + mean(x) * max(x) - min(x) + maximum(x, 0.1) * minimum(x, +0.2)",
    "exp(x) + log(abs(x) + 1) + sqrt(abs(x)) + sin(x) + cos(x) + tanh(x) + softplus(x) + relu(x)",
]


@pytest.fixture
def onnx():
    pytest.importorskip("onnxruntime")
    return pytest.importorskip("onnx")


class Data:
    """What a network needs of its data."""

    name, class_names, num_classes, problem, transforms = "data", (), None, None, {}

    def __init__(self, shape):
        self.shape = self.input_shape = shape
        self.mean, self.std = (0.5,), (0.25,)

    def loader(self, examples):
        from trainer.datasets import Loader

        return Loader(examples, self.mean, self.std)


def network(layer, shape, precision="float32", name="layer"):
    """A network around one layer; layers of several inputs get differently activated copies of the input."""
    builder = GraphBuilder({"input": shape})
    branches = (models.LeakyReLU(index / 10) for index in range(1, layer.inputs_required or 3))
    names = [builder.add(f"branch{index}", branch, ["input"]) for index, branch in enumerate(branches)]
    builder.add(name, layer, ["input", *names])
    graph = builder.finish()
    store = ParameterStore(graph.parameters, precision)
    rng = np.random.default_rng(0)
    for name in store:
        store[name][...] = rng.uniform(0.5, 1.5, store[name].shape)
    return Network(graph, store, Data(shape), {})


def check(net, folder, preprocessing=False):
    difference = export(net, folder / "model.onnx", preprocessing)["difference"]
    assert difference <= 1e-5


@needs_onnx
@pytest.mark.parametrize("kind", layer_classes().values(), ids=layer_classes())
def test_every_layer(kind, tmp_path):
    if kind in (models.Embedding, models.Embeddings):
        pytest.skip("of integers, which the input of a written network does not have yet")
    check(network(example(kind), (2, 6, 5)), tmp_path)
    try:
        net = network(example(kind), (6,))
    except models.GraphError:
        return  # takes images only
    check(net, tmp_path)


@needs_onnx
@pytest.mark.parametrize("kind", [models.MaxPool2d, models.AvgPool2d])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (3, 1, 1), ((2, 3), (3, 2), (1, 0)), (5, 3, 2)]
)
def test_pooling(kind, kernel, stride, padding, ceil_mode, tmp_path):
    check(network(kind(kernel, stride, padding, ceil_mode), (2, 7, 8)), tmp_path)
    if kind is models.AvgPool2d:
        check(network(kind(kernel, stride, padding, ceil_mode, count_include_pad=False), (2, 7, 8)), tmp_path)


@needs_onnx
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


@needs_onnx
@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("shape", [(3, 4, 5), (6,)])
def test_formulas(formula, shape, tmp_path):
    layer = models.Expression(
        formula,
        {"a": 0.5} if "a *" in formula else {},
        {"c": 0.5} if formula.endswith("+ c") else {},
    )
    check(network(layer, shape), tmp_path)


@needs_onnx
def test_shared_parameters_are_written_once(onnx, tmp_path):
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


@needs_onnx
@pytest.mark.parametrize("preprocessing", [False, True])
@pytest.mark.parametrize("model", ["lenet5", "resnet8", "vgg_small"])
def test_networks(model, preprocessing, tmp_path):
    net = load(make_run(tmp_path, f"model={model}"))
    check(net, tmp_path, preprocessing)


@needs_onnx
def test_float64_network_is_written_as_float32(onnx, tmp_path):
    net = network(models.Linear(3), (6,), "float64")
    check(net, tmp_path)
    tensors = onnx.load(tmp_path / "model.onnx").graph.initializer
    assert {tensor.data_type for tensor in tensors} == {onnx.TensorProto.FLOAT}


@needs_onnx
def test_what_a_graph_says_of_itself(onnx, tmp_path):
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


@needs_onnx
@pytest.mark.parametrize("name", ["output", "images"])
def test_layers_named_like_the_ends_of_the_graph(name, tmp_path):
    check(network(models.SiLU(), (6,), name=name), tmp_path, preprocessing=True)


@needs_onnx
def test_layer_without_translation(tmp_path):
    class Own(models.ReLU):
        pass

    with pytest.raises(ExportError, match="layer: Own has no ONNX translation"):
        export(network(Own(), (3,)), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


@needs_onnx
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


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
def test_weights(suffix, tmp_path):
    net = load(make_run(tmp_path, "model=lenet5"))
    path = tmp_path / f"weights.{suffix}"
    export(net, path)
    found = load_file(path) if suffix == "safetensors" else dict(np.load(path, allow_pickle=False))
    assert found.keys() == set(net.parameters)
    for name, array in found.items():
        np.testing.assert_array_equal(array, net.parameters[name])


def test_weights_in_pytorch(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file as load_torch

    from tests.helpers.torch_models import lenet5

    net = load(make_run(tmp_path, "model=lenet5"))
    export(net, tmp_path / "weights.safetensors")
    module = lenet5(torch)
    module.load_state_dict(load_torch(tmp_path / "weights.safetensors"))
    pixels = np.random.default_rng(0).integers(0, 256, (20, 1, 28, 28), dtype=np.uint8)
    scaled = (pixels / np.float32(255) - net.dataset.mean[0]) / net.dataset.std[0]
    with torch.no_grad():
        theirs = module.eval()(torch.tensor(scaled, dtype=torch.float32)).softmax(1).numpy()
    np.testing.assert_allclose(net.predict(pixels), theirs, atol=1e-6)


def test_command(tmp_path, capsys):
    make_run(tmp_path, *TINY)
    assert main([str(tmp_path), "--to", str(tmp_path / "w.npz"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["arrays"] == 6
    assert main([str(tmp_path), "--to", str(tmp_path / "w.npz")]) == 0
    assert capsys.readouterr().out.endswith("w.npz: 6 arrays, 1,914 values of type float32\n")
    for arguments, problem in [
        (["--to", "model.pt"], "suffix names no format"),
        (["--to", "w.npz", "--preprocessing"], "scale no pixels"),
        (["--to", str(tmp_path / "none" / "none" / "w.npz")], "No such file"),
    ]:
        assert main([str(tmp_path), *arguments]) in (1, 2)
        output = capsys.readouterr()
        assert output.out == ""
        assert problem in output.err
        assert output.err.count("\n") == 1
