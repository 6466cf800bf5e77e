"""The networks that PyTorch is measured on are ours."""

import inspect
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from benchmarks.jobs import Workload, describe, flops_per_example, write_job
from trainer import models
from trainer.models.autograd import formula

torch = pytest.importorskip("torch")

from benchmarks.contestants import torch_formula  # noqa: E402
from benchmarks.contestants.pytorch import PyTorch  # noqa: E402
from benchmarks.contestants.torch_twin import load_weights, set_dropout, torch_twin  # noqa: E402

IMAGE, VECTOR = (3, 7, 6), (5,)
INPUT = {"name": "x", "type": "Input", "inputs": [], "options": {}, "shapes": []}
ACTIVATIONS = [
    *(kind() for kind in (models.ReLU, models.Tanh, models.Sigmoid, models.Softplus, models.SiLU, models.GELU)),
    *(models.LeakyReLU(), models.LeakyReLU(0.3), models.ELU(), models.ELU(0.4), models.Softmax()),
]
POOLS = [
    {"kernel_size": 2},
    {"kernel_size": 2, "ceil_mode": True},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    {"kernel_size": (2, 3), "stride": (3, 1), "padding": (1, 0), "ceil_mode": True},
    {"kernel_size": 3, "stride": 1, "padding": (0, 1)},
]
FORMULAS = [
    "-exp(sin(x)) / (+cos(x) + 2) - 3",
    "log(1 + abs(x)) * sqrt(x * x + 1)",
    "tanh(x) + sigmoid(x) * softplus(x) - relu(x)",
    "x ** 3 + (x * x + 1) ** 0.5 + 2 ** x",
    "sum(x) + mean(x * x) * max(x) - min(x)",
    "softmax(x) * log_softmax(2 * x)",
    "maximum(x, 0.3) * minimum(pi, x) + maximum(x, sin(x)) + exp(1) * e",
    "where(x > 0, x, exp(x) - 1) - (x < 1) * x * x + where(1 < 2, x, 0) ** 2",
    "where(x >= x, x, 1) + (x > x) * exp(x) + where(x <= x, sin(x), 1) + (x < x) * exp(x)",
]


def alone(layer: models.Layer, shape: models.shape.Shape) -> models.Graph:
    """A network of one layer."""
    builder = models.GraphBuilder({"input": shape}, models.initializers.HeNormal())
    builder.add("layer", layer, ["input"])
    return builder.finish()


def everything() -> models.Graph:
    """A network with every kind of layer that is not an activation, in branches."""
    builder = models.GraphBuilder({"input": (2, 8, 8)}, models.initializers.HeNormal())
    image = builder.add("conv", models.Conv2d(4, 3, stride=(1, 2), padding=(1, 2), dilation=1), ["input"])
    image = builder.add("norm", models.BatchNorm(momentum=0.2, eps=1e-3), [image])
    image = builder.add("dilated", models.Conv2d(4, (3, 1), padding=(2, 0), dilation=(2, 1), bias=False), [image])
    pooled = [
        builder.add("max", models.MaxPool2d(3, stride=2, padding=1), [image]),
        builder.add("average", models.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), [image]),
    ]
    product = builder.add("product", models.Multiply(), pooled)
    both = builder.add("both", models.Concatenate(), [*pooled, product])
    mean = builder.add("mean", models.GlobalAvgPool(), [both])
    mean = builder.add("normalised mean", models.BatchNorm(), [mean])
    vector = builder.add("vector", models.Flatten(), [both])
    heads = [
        builder.add("head.of_images", models.Linear(5), [both]),
        builder.add("head.of_means", models.Linear(5, bias=False), [mean]),
        builder.add("head.of_vectors", models.Linear(5), [vector]),
    ]
    total = builder.add("total", models.Add(), heads)
    builder.add("product of three", models.Multiply(), [total, heads[0], heads[2]])
    return builder.finish()


def compare(graph: models.Graph, training: bool = True, shift: float = 0.0, rtol: float = 1e-9) -> None:
    """Outputs, all gradients and running statistics of a graph and its twin, in float64, for inputs around `shift`."""
    rng = np.random.default_rng(0)
    store = models.ParameterStore(graph.parameters, "float64")
    for name in store:  # also what would begin as 0 or 1
        store[name][...] = rng.uniform(0.5, 1.5, store[name].shape) - ("weight" in name)
    twin = torch_twin(json.loads(json.dumps(describe(graph)))).double().train(training)
    load_weights(twin, {name: store[name] for name in store})
    workspace = models.Workspace(graph, store, input_gradients=True)
    x = rng.standard_normal((6, *graph.inputs["input"].shape)) + shift
    batch_last = np.ascontiguousarray(np.moveaxis(x, 0, -1))
    outputs = graph.forward(workspace, batch_last, step=models.Step(batch=6, offset=0, training=training))
    their_x = torch.from_numpy(x).requires_grad_()
    theirs = twin(their_x)
    np.testing.assert_allclose(np.moveaxis(outputs, -1, 0), theirs.detach().numpy(), rtol=rtol, atol=1e-12)
    dy = rng.standard_normal(theirs.shape)
    (dx,) = graph.backward(workspace, np.ascontiguousarray(np.moveaxis(dy, 0, -1)))
    theirs.backward(torch.from_numpy(dy))
    np.testing.assert_allclose(np.moveaxis(dx, -1, 0), their_x.grad.numpy(), rtol=rtol, atol=1e-11)
    for name, parameter in twin.named_parameters():
        np.testing.assert_allclose(store.gradient(name), parameter.grad.numpy(), rtol=rtol, atol=1e-11, err_msg=name)
    for name, buffer in twin.named_buffers():
        np.testing.assert_allclose(store[name], buffer.numpy(), rtol=rtol, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("training", [True, False])
def test_every_kind_of_layer(training):
    compare(everything(), training)


@pytest.mark.parametrize("shape", [IMAGE, VECTOR], ids=["image", "vector"])
@pytest.mark.parametrize("layer", ACTIVATIONS, ids=lambda layer: f"{type(layer).__name__} {vars(layer)}")
def test_activation(layer, shape):
    compare(alone(layer, shape))


def test_softplus_stays_exact_where_pytorch_would_switch_to_x():
    compare(alone(models.Softplus(), VECTOR), shift=22.0, rtol=1e-12)
    compare(alone(models.Expression("softplus(x)"), VECTOR), shift=22.0, rtol=1e-12)


@pytest.mark.parametrize("options", POOLS, ids=str)
def test_max_pool(options):
    compare(alone(models.MaxPool2d(**options), IMAGE))


@pytest.mark.parametrize("counted", [True, False], ids=["padding counts", "padding does not count"])
@pytest.mark.parametrize("options", POOLS, ids=str)
def test_average_pool(options, counted):
    compare(alone(models.AvgPool2d(**options, count_include_pad=counted), IMAGE))


@pytest.mark.parametrize("shape", [IMAGE, VECTOR], ids=["image", "vector"])
@pytest.mark.parametrize("text", FORMULAS)
def test_formula(text, shape):
    compare(alone(models.Expression(text), shape))


@pytest.mark.parametrize("shape", [IMAGE, VECTOR], ids=["image", "vector"])
def test_formula_with_parameters(shape):
    """Two for all and two for each channel, some reduced alone, which leaves them as they are."""
    text = "a * tanh(names * x) + c * sum(bias * x) + mean(bias) * max(a)"
    layer = models.Expression(text, {"names": 0.7, "a": 1.2}, {"bias": 0.3, "c": 1.1})
    compare(alone(layer, shape))


def test_formula_of_several_inputs():
    builder = models.GraphBuilder({"input": IMAGE}, models.initializers.HeNormal())
    gate = builder.add("gate", models.Conv2d(1, 3, padding=1), ["input"])
    layer = models.Expression("s * a * sigmoid(b)", {"s": 2.0}, names=("a", "b"))
    builder.add("gated", layer, ["input", gate])
    compare(builder.finish())


def test_formula_keeps_float32():
    twin = torch_twin(describe(alone(models.Expression("pi * x + exp(1) * s", {"s": 0.5}), VECTOR)))
    assert twin(torch.ones(2, *VECTOR)).dtype == torch.float32


def test_formulas_may_hold_what_ours_may_hold():
    assert torch_formula.FUNCTIONS.keys() == formula.FUNCTIONS.keys()
    assert torch_formula.OPERATORS.keys() == formula.OPERATORS.keys()
    assert torch_formula.CONSTANTS.keys() == formula.CONSTANTS.keys()
    used = " ".join(FORMULAS)
    assert all(f"{name}(" in used for name in formula.FUNCTIONS)


def test_every_shipped_layer_has_a_counterpart():
    given = {"Linear": [2], "Conv2d": [2, 3], "MaxPool2d": [2], "AvgPool2d": [2], "Expression": ["x * x"]}
    for name in models.layers.__all__:
        kind = getattr(models, name)
        looks_up = kind in (models.Embedding, models.Embeddings)  # by integers, where workloads have floats
        if issubclass(kind, models.Layer) and not inspect.isabstract(kind) and not looks_up:
            layer = kind(*given.get(name, []))
            builder = models.GraphBuilder({"input": IMAGE})
            builder.add(name, layer, ["input"] * (layer.inputs_required or 2))
            torch_twin(describe(builder.finish()))


def node(
    name: str, kind: str, source: str, options: Mapping[str, Any], parameters: Mapping[str, str]
) -> dict[str, Any]:
    """The description of a layer on images of 2×4×4."""
    place = {"name": name, "inputs": [source], "shapes": [(2, 4, 4)]}
    return {**place, "type": kind, "options": options, "parameters": parameters}


def stack(shared: bool) -> list[dict[str, Any]]:
    """Twice a convolution and a formula, the second time with the parameters of the first or with its own."""
    nodes = [INPUT]
    conv = {"out_channels": 2, "kernel_size": [3, 3], "padding": [1, 1], "bias": True}
    act = {"formula": "c * tanh(x)", "parameters": {}, "channel_parameters": {"c": 1.0}, "names": ["x"]}
    for block, owner in (("deep.first", "deep.first"), ("second", "deep.first" if shared else "second")):
        weights = {"weight": f"{owner}.conv.weight", "bias": f"{block}.conv.bias"}
        nodes.append(node(f"{block}.conv", "Conv2d", nodes[-1]["name"], conv, weights))
        nodes.append(node(f"{block}.act", "Expression", nodes[-1]["name"], act, {"c": f"{owner}.act.c"}))
    return nodes


def test_a_shared_parameter_is_one_whose_gradients_add():
    names = ["deep.first.act.c", "deep.first.conv.bias", "deep.first.conv.weight", "second.conv.bias"]
    shared, own = torch_twin(stack(True)).double(), torch_twin(stack(False)).double()
    assert sorted(shared.state_dict()) == sorted(dict(shared.named_parameters())) == names
    rng = np.random.default_rng(0)
    weights = {name: rng.standard_normal(value.shape) for name, value in own.state_dict().items()}
    weights |= {name.replace("deep.first", "second"): weights[name] for name in (names[0], names[2])}
    load_weights(own, weights)
    load_weights(shared, {name: weights[name] for name in names})
    x = torch.from_numpy(rng.standard_normal((3, 2, 4, 4)))
    for twin in (shared, own):
        twin(x).square().sum().backward()
    for name, parameter in shared.named_parameters():
        expected = own.get_parameter(name).grad
        if name in (names[0], names[2]):
            expected = expected + own.get_parameter(name.replace("deep.first", "second")).grad
        torch.testing.assert_close(parameter.grad, expected, rtol=1e-10, atol=1e-12)


def test_batch_norms_that_share_all_keep_one_running_mean():
    parameters = {short: f"first.{short}" for short in ("weight", "bias", "running_mean", "running_var")}
    options = {"momentum": 0.2, "eps": 1e-3}
    nodes = [node("first", "BatchNorm", "x", options, parameters)]
    nodes.append(node("second", "BatchNorm", "first", options, parameters))
    twin, layer = torch_twin([INPUT, *nodes]).double(), torch.nn.BatchNorm2d(2, **options).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([0.5, 2.0]))
        layer.bias.copy_(torch.tensor([-1.0, 3.0]))
    kept = {name: value for name, value in layer.state_dict().items() if name != "num_batches_tracked"}
    load_weights(twin, {f"first.{name}": value.numpy() for name, value in kept.items()})
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 2, 4, 4)) + 1)
    torch.testing.assert_close(twin(x), layer(layer(x)))
    for name in ("running_mean", "running_var"):
        torch.testing.assert_close(twin.get_buffer(f"first.{name}"), getattr(layer, name))


def test_description_names_the_parameters():
    described = {each["name"]: each.get("parameters") for each in describe(everything())}
    assert described["head.of_means"] == {"weight": "head.of_means.weight"}
    assert described["input"] is None


def test_dropout_keeps_its_probability_and_can_be_switched_off():
    twin = torch_twin(describe(alone(models.Dropout(0.3), VECTOR)))
    assert twin.layer.p == 0.3
    x = torch.ones(50, *VECTOR)
    assert not twin(x).equal(x)
    set_dropout(twin, False)
    assert twin(x).equal(x)


def test_a_layer_without_counterpart_is_named():
    with pytest.raises(ValueError, match="Odd has no counterpart"):
        torch_twin([INPUT, node("odd", "Odd", "x", {}, {})])


def test_names_that_differ_are_an_error():
    twin = torch_twin(describe(alone(models.Linear(2), (3,))))
    with pytest.raises(KeyError, match=r"layer\.bias"):
        load_weights(twin, {"layer.weight": np.zeros((2, 3))})


@pytest.mark.slow
@pytest.mark.parametrize("model", ["lenet5", "mlp", "resnet8"])
def test_gradients_of_a_configured_model_are_checked_through_the_job(tmp_path, monkeypatch, model):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    job = write_job(Workload(model, (f"model={model}", "optimizer=adam"), batch=4), tmp_path)
    assert PyTorch(tmp_path, job, ()).check() < 1e-3


def test_flops_count_every_pass():
    builder = models.GraphBuilder({"input": (3,)})
    builder.add("first", models.Linear(5), ["input"])
    builder.add("last", models.Linear(2), ["first"])
    graph = builder.finish()
    assert flops_per_example(graph, training=False) == 2 * (15 + 10)
    assert flops_per_example(graph, training=True) == 2 * (2 * 15 + 3 * 10)  # no gradient of the network's input
