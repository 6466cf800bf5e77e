"""Fused ≡ unfused: outputs, gradients and running statistics of random graphs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer import models
from trainer.models import GraphBuilder, ParameterStore, Step, Workspace
from trainer.models.fused import ConvolutionBlock, LinearBlock
from trainer.models.fusion import fuse

ACTIVATIONS = [models.ReLU, models.Tanh, models.Sigmoid, models.LeakyReLU, models.ELU, models.Softplus, models.SiLU]


@st.composite
def graphs(draw: st.DrawFn) -> models.Graph:
    """A stack of convolution chains, some of them residual, then linear layers; every part may be absent."""
    shape = (draw(st.integers(1, 3)), draw(st.integers(7, 10)), draw(st.integers(7, 10)))
    builder = GraphBuilder({"input": shape})
    last = "input"
    for place in range(draw(st.integers(1, 3))):
        start, channels = last, draw(st.integers(1, 4))
        residual = place > 0 and draw(st.booleans())
        if residual:
            channels = builder.shape(start)[0]
        kernel = draw(st.sampled_from([1, 3]))
        bias = draw(st.booleans())
        convolution = models.Conv2d(channels, kernel, padding=kernel // 2, bias=bias)
        last = builder.add(f"conv{place}", convolution, [last])
        if draw(st.booleans()):
            last = builder.add(f"norm{place}", models.BatchNorm(momentum=draw(st.sampled_from([0.1, 0.5]))), [last])
        if residual:
            inputs = [last, start] if draw(st.booleans()) else [start, last]
            last = builder.add(f"add{place}", models.Add(), inputs)
        if draw(st.booleans()):
            last = builder.add(f"act{place}", draw(st.sampled_from(ACTIVATIONS))(), [last])
        if draw(st.booleans()) and min(builder.shape(last)[1:]) >= 3:
            size, stride = draw(st.sampled_from([(2, 2), (2, 3), (3, 2), (1, 1)]))
            last = builder.add(f"pool{place}", models.MaxPool2d(size, stride), [last])
    last = builder.add("fc", models.Linear(4, bias=draw(st.booleans())), [last])
    if draw(st.booleans()):
        last = builder.add("fc act", draw(st.sampled_from(ACTIVATIONS))(), [last])
    builder.add("head", models.Linear(3), [last])
    return builder.finish()


def two_steps(graph: models.Graph, declared: models.Graph, images: np.ndarray, dy: np.ndarray) -> dict[str, np.ndarray]:
    """Everything that two training steps and an evaluation leave behind."""
    store = ParameterStore(declared.parameters, "float64")
    store.initialize(lambda name: np.random.default_rng(len(name)))
    for place, name in enumerate(store):
        if "norm" in name and name.endswith(("weight", "bias")):
            # Negative γ among them, but no zero: there all elements of a window tie, and any may take the gradient.
            store[name][...] = np.random.default_rng(place).choice([-1.5, -0.7, 0.4, 1.1], size=store[name].shape)
    workspace = Workspace(graph, store, input_gradients=True)
    batch = Step(batch=images.shape[-1], offset=0, training=True)
    for _ in range(2):
        outputs = graph.forward(workspace, images, step=batch).copy()
        (dx,) = graph.backward(workspace, dy)
        store.data -= 0.1 * store.gradients
    evaluated = graph.forward(workspace, images).copy()
    left = {"dx": dx.copy(), "gradients": store.gradients, "kept": store.kept}
    return left | {"outputs": outputs, "evaluated": evaluated}


@given(graph=graphs(), batch=st.integers(2, 4), flat=st.booleans())
def test_fused_equals_unfused(graph: models.Graph, batch: int, flat: bool) -> None:
    rng = np.random.default_rng(0)
    (shape,) = graph.input_shapes
    images = rng.normal(size=(*shape, batch))
    if flat:
        images[:, :4] = 0.5  # equal neighbours: ties in the pooling windows
    dy = rng.normal(size=(3, batch))
    expected = two_steps(graph, graph, images, dy)
    actual = two_steps(fuse(graph), graph, images, dy)
    for name, value in expected.items():
        np.testing.assert_allclose(actual[name], value, rtol=1e-8, atol=1e-8, err_msg=name)


def chain() -> models.Graph:
    layers = {
        "conv": models.Conv2d(4, 3, padding=1),
        "norm": models.BatchNorm(),
        "act": models.Tanh(),
        "pool": models.MaxPool2d(2),
        "fc": models.Linear(5),
        "relu": models.ReLU(),
        "head": models.Linear(3),
    }
    return models.build(layers, (2, 8, 8))


def test_a_chain_becomes_one_node_under_its_last_name() -> None:
    fused = fuse(chain())
    assert [(node.name, type(node.layer)) for node in fused.nodes] == [
        ("pool", ConvolutionBlock),
        ("relu", LinearBlock),
        ("head", models.Linear),
    ]
    assert [node.label for node in fused.nodes] == ["conv + norm + act + pool", "fc + relu", "head"]
    assert [node.name for node in fused.layers] == [node.name for node in chain().nodes]
    assert list(fused.parameters) == list(chain().parameters)


def test_a_node_that_two_others_read_stays() -> None:
    builder = GraphBuilder({"input": (2, 6, 6)})
    builder.add("conv", models.Conv2d(2, 3, padding=1), ["input"])
    builder.add("act", models.ReLU(), ["conv"])
    builder.add("sum", models.Add(), ["conv", "act"])
    assert [node.name for node in fuse(builder.finish()).nodes] == ["conv", "act", "sum"]


def test_an_addition_is_taken_by_one_chain_only() -> None:
    builder = GraphBuilder({"input": (2, 6, 6)})
    for name in ("a", "b"):
        builder.add(f"conv {name}", models.Conv2d(2, 3, padding=1), ["input"])
        builder.add(f"norm {name}", models.BatchNorm(), [f"conv {name}"])
    builder.add("sum", models.Add(), ["norm a", "norm b"])
    builder.add("relu", models.ReLU(), ["sum"])
    fused = fuse(builder.finish())
    assert [node.name for node in fused.nodes] == ["norm b", "relu"]
    assert fused.nodes[1].inputs == ("input", "norm b")


@pytest.mark.parametrize("layer", [models.SiLU(), models.MaxPool2d(3, 2), models.MaxPool2d(2, padding=1)])
def test_what_would_not_be_exact_stays(layer: models.Layer) -> None:
    graph = models.build({"conv": models.Conv2d(3, 3, padding=1), "other": layer, "head": models.Linear(2)}, (2, 8, 8))
    assert [node.name for node in fuse(graph).nodes] == ["conv", "other", "head"]


def test_a_subclass_that_computes_something_else_stays() -> None:
    class Doubled(models.ReLU):
        def forward(self, ctx: models.Context, x: np.ndarray) -> np.ndarray:
            return 2 * super().forward(ctx, x)

    class MyConvolution(models.Conv2d):
        pass

    layers = {"conv": models.Conv2d(2, 1), "act": Doubled(), "mine": MyConvolution(2, 1), "relu": models.ReLU()}
    assert [node.name for node in fuse(models.build(layers, (1, 3, 3))).nodes] == list(layers)


def test_variance_survives_a_large_mean() -> None:
    """E[x²] - E[x]² alone would lose every digit of float32 here."""
    graph = models.build({"conv": models.Conv2d(2, 1, bias=False), "norm": models.BatchNorm()}, (1, 4, 4))
    images = (1000 + np.random.default_rng(0).normal(size=(1, 4, 4, 64))).astype("float32")
    outputs = []
    for version in (graph, fuse(graph)):
        store = ParameterStore(graph.parameters, "float32")
        store.initialize(lambda name: np.random.default_rng(3))
        step = Step(batch=64, offset=0, training=True)
        outputs.append(version.forward(Workspace(version, store), images, step=step).copy())
    np.testing.assert_allclose(outputs[1].std(axis=(1, 2, 3)), 1, rtol=1e-2)
    np.testing.assert_allclose(outputs[1], outputs[0], atol=2e-2)
