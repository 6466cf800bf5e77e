"""The networks that PyTorch is measured on are ours."""

import numpy as np
import pytest

import models
from benchmarks.jobs import Workload, describe, flops_per_example, write_job

torch = pytest.importorskip("torch")

from benchmarks.contestants.pytorch import PyTorch  # noqa: E402
from benchmarks.contestants.torch_twin import load_weights, torch_twin  # noqa: E402

ACTIVATIONS = ["ReLU", "LeakyReLU", "Tanh", "Sigmoid", "ELU", "Softplus", "SiLU", "GELU", "Softmax"]


def everything() -> models.Graph:
    """A network with every kind of layer that is not an activation, in branches."""
    builder = models.GraphBuilder({"input": (2, 8, 8)}, models.initializers.HeNormal())
    image = builder.add("conv", models.Conv2d(4, 3, stride=(1, 2), padding=(1, 2), dilation=1), ["input"])
    image = builder.add("norm", models.BatchNorm(momentum=0.2, eps=1e-3), [image])
    pooled = [
        builder.add("max", models.MaxPool2d(3, stride=2, padding=1), [image]),
        builder.add("average", models.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), [image]),
    ]
    product = builder.add("product", models.Multiply(), pooled)
    both = builder.add("both", models.Concatenate(), [*pooled, product])
    mean = builder.add("mean", models.GlobalAvgPool(), [both])
    vector = builder.add("vector", models.Flatten(), [both])
    heads = [
        builder.add("head.of_images", models.Linear(5), [both]),
        builder.add("head.of_means", models.Linear(5, bias=False), [mean]),
        builder.add("head.of_vectors", models.Linear(5), [vector]),
    ]
    builder.add("total", models.Add(), heads)
    return builder.finish()


def compare(graph: models.Graph, training: bool = True) -> None:
    """Outputs and every gradient of a graph and its twin, in float64."""
    rng = np.random.default_rng(0)
    store = models.ParameterStore(graph.parameters, "float64")
    store.initialize(lambda name: rng)
    twin = torch_twin(describe(graph)).double().train(training)
    load_weights(twin, {name: store[name] for name in store})
    workspace = models.Workspace(graph, store)
    x = rng.standard_normal((6, *next(iter(graph.inputs.values()))))
    batch_last = np.ascontiguousarray(np.moveaxis(x, 0, -1))
    outputs = graph.forward(workspace, batch_last, step=models.Step(batch=6, offset=0, training=training))
    theirs = twin(torch.from_numpy(x))
    np.testing.assert_allclose(outputs.T, theirs.detach().numpy(), rtol=1e-9, atol=1e-12)
    dy = rng.standard_normal(theirs.shape)
    graph.backward(workspace, np.ascontiguousarray(dy.T))
    theirs.backward(torch.from_numpy(dy))
    for name, parameter in twin.named_parameters():
        np.testing.assert_allclose(store.gradient(name), parameter.grad.numpy(), rtol=1e-9, atol=1e-11, err_msg=name)
    for name, buffer in twin.named_buffers():
        if not name.endswith("num_batches_tracked"):
            np.testing.assert_allclose(store[name], buffer.numpy(), rtol=1e-9, atol=1e-11, err_msg=name)


def test_every_kind_of_layer():
    compare(everything())


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name):
    builder = models.GraphBuilder({"input": (3,)}, models.initializers.HeNormal())
    builder.add("first", models.Linear(7), ["input"])
    builder.add("normalised", models.BatchNorm(), ["first"])
    builder.add("act", getattr(models, name)(), ["normalised"])
    builder.add("last", models.Linear(2), ["act"])
    compare(builder.finish())


def test_dropout_keeps_its_probability():
    builder = models.GraphBuilder({"input": (3,)})
    builder.add("drop", models.Dropout(0.3), ["input"])
    twin = torch_twin(describe(builder.finish()))
    assert twin.drop.p == 0.3


def test_a_layer_without_counterpart_is_named():
    nodes = [{"name": "x", "type": "Input", "inputs": [], "options": {}, "shapes": []}]
    nodes.append({"name": "odd", "type": "Odd", "inputs": ["x"], "options": {}, "shapes": [(3,)]})
    with pytest.raises(ValueError, match="Odd has no counterpart"):
        torch_twin(nodes)


def test_names_that_differ_are_an_error():
    builder = models.GraphBuilder({"input": (3,)})
    builder.add("fc", models.Linear(2), ["input"])
    twin = torch_twin(describe(builder.finish()))
    with pytest.raises(KeyError, match=r"fc\.bias"):
        load_weights(twin, {"fc.weight": np.zeros((2, 3))})


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
    assert flops_per_example(graph, training=True) == 2 * (2 * 15 + 3 * 10)  # no gradient by the network's input
