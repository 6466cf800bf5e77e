"""Formulas and autograd functions as layers and as losses."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.checkpoints import small
from tests.helpers.gradients import check_gradients
from tests.helpers.layers import SingleLayer
from trainer.models import (
    AutogradLayer,
    Expression,
    GraphError,
    Parameter,
    ParameterStore,
    SiLU,
    Step,
    Workspace,
    build,
)
from trainer.models.autograd import functions
from trainer.models.initializers import HeNormal, Zeros
from trainer.models.losses import CrossEntropy, ExpressionLoss, HalfSquaredError, MeanSquaredError
from trainer.runs.checkpoint import read, write

SWISH = {"formula": "x * sigmoid(beta * x)", "parameters": {"beta": 1.5}}
LAYER_NORM = "g * (x - mean(x)) / sqrt(mean((x - mean(x))**2) + 1e-5) + b"


class Product(AutogradLayer):
    """A fully connected layer without a backward."""

    def __init__(self, out_features: int) -> None:
        self.out_features = out_features

    def output_shape(self, shape):
        return (self.out_features,)

    def parameters(self, shape):
        weight = Parameter((self.out_features, math.prod(shape)), HeNormal())
        return {"weight": weight, "bias": Parameter((self.out_features,), Zeros())}

    def function(self, parameters, x):
        return functions.linear(x.reshape(len(x), -1), parameters.weight, parameters.bias)


class Gate(AutogradLayer):
    """Several inputs, a kept parameter, and an output that is a view of an input."""

    inputs_required = 2

    def output_shape(self, first, second):
        return first[::-1]

    def parameters(self, first, second):
        return {"scale": Parameter(first, HeNormal(), trainable=False)}

    def function(self, parameters, a, b):
        return (a * functions.sigmoid(b) * parameters.scale).transpose(0, 3, 2, 1)


@pytest.mark.parametrize("shape", [(4,), (3, 2, 4)])
@pytest.mark.parametrize(
    "options",
    [
        SWISH,
        {"formula": "maximum(x, 0) + a * minimum(x, 0)", "channel_parameters": {"a": 0.25}},
        {"formula": LAYER_NORM, "channel_parameters": {"g": 1, "b": 0}},
        {"formula": "where(x > 0, x, alpha * (exp(x) - 1))", "parameters": {"alpha": 1.0}},
        {"formula": "a * sigmoid(b)", "names": ["a", "b"]},
        {"formula": "softmax(x)"},
        {"formula": "sum(x * c)", "parameters": {"c": 2}},
    ],
    ids=lambda options: options["formula"],
)
def test_gradients(options, shape):
    layer = Expression(**options)
    check_gradients(layer, *[shape] * layer.inputs_required, tolerance=1e-5)
    check_gradients(layer, *[shape] * layer.inputs_required, training=False, tolerance=1e-5)


def test_gradients_of_python_layers():
    check_gradients(Product(3), (2, 2, 2))
    check_gradients(Gate(), (2, 3, 4), (2, 3, 4))


def test_agrees_with_the_layer_derived_by_hand():
    ours, theirs = SingleLayer(Expression("x * sigmoid(x)"), (3, 4)), SingleLayer(SiLU(), (3, 4))
    x, dy = *ours.inputs(5), ours.output_gradient(5)
    np.testing.assert_allclose(ours.forward(x), theirs.forward(x), rtol=1e-12)
    np.testing.assert_allclose(ours.backward(dy)[0], theirs.backward(dy)[0], rtol=1e-10)


def test_parameters_and_shapes():
    layer = Expression("w * x + b", parameters={"b": 2}, channel_parameters={"w": 0.5})
    assert {name: p.shape for name, p in layer.parameters((3, 4, 4)).items()} == {"b": (), "w": (3,)}
    assert layer.output_shape((3, 4, 4)) == (3, 4, 4)
    assert Expression("mean(x)").output_shape((3, 4, 4)) == (1, 1, 1)
    assert Expression("a * b", names=["a", "b"]).output_shape((3, 4, 4), (3, 1, 1)) == (3, 4, 4)
    single = SingleLayer(layer, (2,))
    single.store.initialize(lambda name: np.random.default_rng(0))
    np.testing.assert_array_equal(single.forward(np.array([[1.0, 2.0], [3.0, 4.0]])), [[2.5, 3], [3.5, 4]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"formula": "x.data"}, "formula: 'x.data' is not allowed in a formula"),
        ({"formula": "x", "parameters": {"beta": 1}}, "formula: 'x' does not use 'beta'"),
        ({"formula": "x", "parameters": {"x": 1}}, "'x' is not a name, or is already taken"),
        ({"formula": "x * pi", "channel_parameters": {"pi": 1}}, "channel_parameters: 'pi' is not a name"),
        ({"formula": "x", "parameters": {"a b": 1}}, "parameters: 'a b' is not a name"),
        ({"formula": "x", "names": []}, "names: give at least one"),
        ({"formula": "a * b", "names": ["a", "a"]}, "names: 'a' is not a name"),
    ],
)
def test_mistakes_in_options(options, message):
    with pytest.raises(ValueError, match=message):
        Expression(**options)


def test_shapes_that_do_not_fit():
    both = {"formula": "a + b", "names": ["a", "b"]}
    with pytest.raises(GraphError, match="'a \\+ b' does not fit 3x4 and 5x4"):
        Expression(**both).output_shape((3, 4), (5, 4))
    with pytest.raises(GraphError, match="needs inputs of one rank, got 3x4 and 4"):
        Expression(**both).output_shape((3, 4), (4,))
    with pytest.raises(GraphError, match="Expression takes 2 inputs, got 1"):
        build({"sum": Expression(**both)}, (3,))


def test_a_function_that_belies_its_output_shape():
    class Liar(Product):
        def output_shape(self, shape):
            return (self.out_features + 1,)

    with pytest.raises(GraphError, match=r"Liar.function returns \(5, 2\), but its output_shape says \(5, 3\)"):
        SingleLayer(Liar(2), (4,)).forward(np.ones((4, 5)))


def test_nothing_recorded_outlives_its_step():
    single = SingleLayer(Expression(**SWISH), (3,))
    single.forward(*single.inputs(4))
    record = single.workspace.contexts(4)[0].once("record", dict)
    first = record.output
    single.forward(*single.inputs(4))
    assert record.output is not first
    assert vars(record).keys() == {"inputs", "parameters", "output"}


def test_learns_a_curve():
    """A swish between two formulas-as-layers learns y = x², its beta with it."""
    graph = build({"in": Product(16), "act": Expression(**SWISH), "out": Product(1)}, (1,))
    store = ParameterStore(graph.parameters, "float64")
    store.initialize(lambda name: np.random.default_rng(len(name)))
    workspace, loss = Workspace(graph, store), ExpressionLoss("(y - t)**2")
    x = np.linspace(-1, 1, 32)[None]
    losses = []
    for _ in range(300):
        y = graph.forward(workspace, x)
        losses.append(loss.forward(workspace.loss_context(32), y, x * x) / 32)
        graph.backward(workspace, loss.backward(workspace.loss_context(32)))
        store.data -= 0.1 * store.gradients
    assert losses[-1] < 0.02 * losses[0]
    assert store["act.beta"] != 1.5


LOSSES = {
    "-t * log_softmax(y)": CrossEntropy(),
    "0.5 * (y - t)**2": HalfSquaredError(),
    "mean((y - t)**2)": MeanSquaredError(),
}


@pytest.mark.parametrize("labels", [True, False], ids=["labels", "vectors"])
@pytest.mark.parametrize("formula", LOSSES)
def test_losses_agree_with_those_derived_by_hand(formula, labels):
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(3, 4))
    targets = rng.integers(0, 3, 4) if labels else rng.dirichlet(np.ones(3), 4).T
    results = []
    for loss in (ExpressionLoss(formula), LOSSES[formula]):
        workspace = Workspace(None, ParameterStore({}, "float64"))
        workspace.step = Step(batch=10, offset=0, training=True)  # of which this shard has 4
        ctx = workspace.loss_context(4)
        results.append((loss.forward(ctx, outputs, targets), loss.backward(ctx).copy()))
    (ours, gradient), (theirs, expected) = results
    assert ours == pytest.approx(theirs, rel=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-15)


def test_loss_mistakes():
    with pytest.raises(ValueError, match="formula: 'y' does not use 't'"):
        ExpressionLoss("y")
    with pytest.raises(GraphError, match="4 outputs but the data has 10 classes"):
        ExpressionLoss("(y - t)**2").check((4,), 10)


def test_parameters_survive_a_checkpoint(tmp_path):
    layers = {"act": Expression(**SWISH), "prelu": Expression("maximum(x, 0) + a * x", channel_parameters={"a": 0.25})}
    stores = [ParameterStore(build(layers, (3,)).parameters) for _ in range(2)]
    stores[0].data[:] = np.arange(1, 1 + stores[0].data.size)
    tensors = {name: stores[0][name] for name in stores[0]}
    write(replace(small(), tensors=tensors), tmp_path / "last.safetensors")
    read(tmp_path / "last.safetensors").restore(stores[1])
    for name in stores[0]:
        np.testing.assert_array_equal(stores[0][name], stores[1][name])
        assert stores[1][name].any()


@pytest.mark.parametrize(
    ("formula", "shapes"),
    [
        ("a + b", [(1, 50_000), (50_000, 1)]),
        ("a * mean(b)", [(3, 40_000, 40_000), (3, 40_000, 40_000)]),
        ("softmax(a) + sum(b)", [(7, 1, 1 << 40), (1, 1, 1)]),
    ],
)
def test_a_shape_is_known_without_computing(formula, shapes):
    """Arrays of these sizes would not fit in memory."""
    expected = tuple(map(max, *shapes))
    assert Expression(formula, names=["a", "b"]).output_shape(*shapes) == expected


@pytest.mark.parametrize("training", [True, False])
def test_nothing_is_kept_in_inference(training, monkeypatch):
    recorded = []

    class Noted(Expression):
        def function(self, parameters, *inputs):
            output = super().function(parameters, *inputs)
            recorded.append(output.creator is not None)
            return output

    single = SingleLayer(Noted(**SWISH), (4,))
    x = single.inputs(3, 0)
    recorded.clear()
    single.forward(*x, training=training)
    assert recorded[0] == training  # what follows is the shape's
    single.backward(single.output_gradient(3, 0))
    assert any(recorded)


def test_a_backward_without_training_is_the_same():
    gradients = []
    for training in (True, False):
        single = SingleLayer(Expression(**SWISH), (4,))
        single.forward(*single.inputs(3, 0), training=training)
        gradients.append([*single.backward(single.output_gradient(3, 0)), *single.gradients.values()])
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_array_equal(one, other)
