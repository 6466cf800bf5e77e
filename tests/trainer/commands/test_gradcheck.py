"""`task=gradcheck`: right networks pass, and every kind of mistake is caught and named."""

import re
import shutil

import numpy as np
import pytest

from tests.trainer.commands import faulty
from trainer import models
from trainer.commands.gradcheck import AGREEMENT, SAMPLES, check_gradients
from trainer.commands.quotients import TOLERANCE
from trainer.models.losses import BinaryCrossEntropy, CrossEntropy, ExpressionLoss, HalfSquaredError
from trainer.problems import Classification, MultiLabel, Regression


@pytest.fixture(autouse=True)
def forgotten():
    """What faulty layers remember, they forget after each test."""
    yield
    faulty.Pad.stores.clear()
    faulty.OneGradientBuffer.buffers.clear()


def network(**replaced):
    """A small convolutional network, some of its layers replaced."""
    layers = {
        "conv": models.Conv2d(4, 3, padding=1),
        "norm": models.BatchNorm(),
        "act": models.ReLU(),
        "pool": models.MaxPool2d(2),
        "fc": models.Linear(12),
        "drop": models.Dropout(0.4),
        "act2": models.Tanh(),
        "head": models.Linear(5),
    }
    return models.build(layers | replaced, (2, 6, 6))


def check(graph, loss=None, problem=Classification, **options):
    """The checks by name, and the faults of variants."""
    parameters = models.ParameterStore(graph.parameters, "float64")
    parameters.initialize(lambda name: np.random.default_rng(len(name)))
    before = parameters.data.copy(), parameters.kept.copy()
    found, faults = check_gradients(
        graph, loss or CrossEntropy(), parameters, problem(graph, 5), trained=models.fuse(graph), **options
    )
    np.testing.assert_array_equal(parameters.data, before[0])
    np.testing.assert_array_equal(parameters.kept, before[1])
    assert len(found) == 1 + sum(p.trainable for p in graph.parameters.values())
    return {c.name: c for c in found}, faults


def assert_right(graph, *arguments, **options):
    checks, faults = check(graph, *arguments, **options)
    assert faults == []
    assert all(c.passed for c in checks.values())
    assert all(c.checked > 0 and c.error > 0 for c in checks.values())
    return checks


def assert_fault(graph, expected, **options):
    """Right by finite differences, wrong in a variant, which is named."""
    checks, faults = check(graph, **options)
    assert all(c.error <= TOLERANCE for c in checks.values())
    assert not all(c.passed for c in checks.values())
    assert re.match(expected, faults[0])
    return faults


@pytest.mark.slow
def test_right_networks_pass():
    checks = assert_right(network(), precision="float32", batch_size=10)
    assert max(c.difference for c in checks.values()) < AGREEMENT / 1000
    checks = assert_right(network(), HalfSquaredError(), Regression)
    assert checks["fc.weight"].checked == SAMPLES  # of a large array; small ones are checked whole
    assert checks["head.bias"].checked == 5
    assert_right(network(), BinaryCrossEntropy(), MultiLabel)
    assert_right(network(), ExpressionLoss("-t * log_softmax(y)"))


@pytest.mark.slow
def test_networks_with_branches_pass():
    body = {"conv": models.Conv2d(2, 3, padding=1), "norm": models.BatchNorm()}
    layers = {
        "block": models.Residual(body),
        "gate": models.Expression("x * sigmoid(b * x)", {"b": 1.0}),
        "pool": models.GlobalAvgPool(),
        "head": models.Linear(5),
    }
    assert_right(models.build(layers, (2, 6, 6)), shards=3)


def tied():
    """A network whose first two layers have the same parameters."""
    builder = models.GraphBuilder({"x": (6,)})
    builder.add("first", models.Linear(6), ["x"])
    builder.add("act", models.Tanh(), ["first"])
    builder.add("second", models.Linear(6), ["act"], shared_with="first")
    builder.add("head", models.Linear(5), ["second"])
    return builder.finish()


def test_shared_parameters_are_one_array():
    assert list(assert_right(tied())) == ["the input", "first.weight", "first.bias", "head.weight", "head.bias"]


def test_shared_parameters_whose_gradients_are_not_added():
    graph = tied()
    graph.adds = {node.name: frozenset() for node in graph.nodes}
    assert_fault(graph, r"step 1, batch of 8, not fused, whole, float64: the gradient of first\.bias at ")


@pytest.mark.slow
def test_more_workers_than_examples():
    assert_right(network(), shards=100, batch_size=3)


QUICK = faulty.InvertedReLU, faulty.BiasOfOneExample, faulty.NaNGradient


def case(name, layer, wrong, right, first=""):
    marks = [] if isinstance(layer, QUICK) else [pytest.mark.slow]
    return pytest.param({name: layer}, wrong, right, first, id=type(layer).__name__, marks=marks)


@pytest.mark.parametrize(
    ("replaced", "wrong", "right", "first"),
    [
        case("act", faulty.InvertedReLU(), {"the input", "conv.weight", "norm.bias"}, {"fc.weight", "head.bias"}),
        case("drop", faulty.ForgetfulDropout(0.4), {"the input", "conv.weight", "fc.bias"}, {"head.weight"}),
        case("norm", faulty.ConstantStatistics(), {"the input", "conv.weight"}, {"norm.weight", "norm.bias"}),
        case("fc", faulty.BiasOfOneExample(12), {"fc.bias"}, {"the input", "fc.weight", "head.bias"},
             r"step 1, batch of 8, at \[\d+\] it is \S+, the difference quotient "),
        case("fc", faulty.NoInputGradient(12), {"the input", "norm.weight"}, {"fc.weight", "fc.bias"}),
        case("fc", faulty.NaNGradient(12), {"fc.weight"}, {"fc.bias", "conv.weight"}),
        case("fc", faulty.OfEight(12), {"fc.bias"}, {"fc.weight", "conv.weight"},
             "step 2, batch of 6, along a random direction it is "),
    ],
)  # fmt: skip
def test_wrong_derivatives(replaced, wrong, right, first):
    """The first step that is wrong is shown."""
    checks, _ = check(network(**replaced))
    found = {name for name, c in checks.items() if not c.error <= TOLERANCE}
    assert wrong <= found
    assert not right & found
    if first:
        assert re.match(first, checks["fc.bias"].worst)


def test_padding_that_other_layers_write_to():
    """4 examples of the second are as large as 8 of the first."""
    layers = {"first": faulty.Pad(), "conv": models.Conv2d(4, 3), "second": faulty.Pad(), "conv2": models.Conv2d(2, 3)}
    _, faults = check(models.build(layers | {"head": models.Linear(5)}, (2, 4, 4)))
    assert re.match("step .* the output of second at ", faults[0])


def test_gradients_that_overwrite_one_another():
    builder = models.GraphBuilder({"x": (6,)})
    builder.add("fc", models.Linear(6), ["x"])
    branches = [builder.add(name, faulty.OneGradientBuffer(6), ["fc"]) for name in ("left", "right")]
    builder.add("sum", models.Add(), branches)
    builder.add("head", models.Linear(5), ["sum"])
    assert_fault(builder.finish(), r"step 1, batch of 8, not fused, whole, float64: the gradient of fc\.\w+ at \[")


@pytest.mark.slow
def test_what_is_kept_from_an_earlier_step():
    weights, mask = network(head=faulty.OldWeights(5, least=1)), network(drop=faulty.OldMask())
    assert_fault(weights, r"step 3, batch of 8, not fused, whole, float64: the gradient of fc\.bias at ")
    assert_fault(mask, "evaluation 1, batch of 8, not fused, whole, float64: the output of drop at ")


def test_what_was_never_written():
    assert_fault(network(drop=faulty.Half()), r"step 1, batch of 8, not fused, .* the output of drop at .* is nan")


@pytest.mark.slow
def test_wrong_in_shards():
    faults = assert_fault(
        network(drop=faulty.Centre()), r"step 1, batch of 8, not fused, 2 shards, float64: the output of drop at "
    )
    assert len(faults) == 2  # fused likewise
    assert_fault(network(drop=faulty.Centre()), ".* not fused, 4 shards, ", shards=64)


@pytest.mark.parametrize("layer", [faulty.Cube(), pytest.param(faulty.Falling(), marks=pytest.mark.slow)])
def test_wrong_where_fused(layer):
    whole = r"step 1, batch of 8, fused, whole, float64: the output of pool at \[.* is \S+, by itself "
    faults = assert_fault(network(act=layer), whole)
    assert ["not fused" in fault for fault in faults] == [False] * len(faults)


@pytest.mark.slow
def test_wrong_in_batches_as_large_as_those_of_the_training():
    graph = network(head=faulty.OldWeights(5, least=9))
    assert_right(graph, batch_size=8)
    assert_fault(
        graph, "step 3, batch of 20, fused, whole, float32: the gradient of ", batch_size=20, precision="float32"
    )


@pytest.mark.parametrize(
    ("layer", "problem"),
    [
        (faulty.Nothing(), "Nothing.backward: the gradient of fc is missing"),
        (faulty.OneRow(), r"OneRow.backward: the gradient of fc has shape \(1, 8\)"),
        (faulty.Single(), "Single.backward: the gradient of fc .* type float32; return .* float64"),
        (faulty.Twice(), "Twice.backward returns 2 gradients for 1 inputs"),
    ],
)
def test_what_is_no_gradient(layer, problem):
    with pytest.raises(models.GraphError, match=f"drop: {problem}"):
        check(network(drop=layer))


@pytest.mark.slow
def test_another_precision_than_that_of_the_training():
    assert_right(network(drop=faulty.Double()))
    with pytest.raises(models.GraphError, match=r"drop: Double.backward: .* type float64; return .* float32"):
        check(network(drop=faulty.Double()), precision="float32")


@pytest.mark.slow
def test_command(trainer_here, capfd):
    assert trainer_here("task=gradcheck", "model=lenet5", "batch_size=8") == 0
    lines = capfd.readouterr().out.splitlines()
    assert re.match(r"conv1\.weight +6x1x5x5 +24 +\d+ +\S+e-\d\d +\S+e-\d\d  PASS$", lines[2])
    assert lines[-1].startswith("PASS: all 14 gradients agree")


@pytest.fixture
def command(tmp_path, trainer_here, capfd):
    """`task=gradcheck` of a multilayer perceptron with a faulty layer fails; gives its code, output and error."""
    shutil.copy(faulty.__file__, tmp_path / "broken.py")

    def fail(layer, *arguments):
        where = f"model.layers.act2._target_=broken.{layer}"
        small = [f"model.layers.{name}.out_features=12" for name in ("fc1", "fc2")]
        code = trainer_here("task=gradcheck", "model=mlp", "allow=[broken]", where, *small, *arguments)
        output = capfd.readouterr()
        (line,) = output.err.splitlines()
        return code, output.out, line

    return fail


@pytest.mark.slow
@pytest.mark.parametrize("fuse", ["true", "false"])
def test_command_with_a_wrong_derivative(command, fuse):
    code, output, line = command("InvertedGradient", f"fuse={fuse}")
    assert code == 1
    assert re.search(r"^fc1\.weight .* FAIL$", output, re.MULTILINE)
    assert re.search(r"^head\.weight .* PASS$", output, re.MULTILINE)
    assert line.startswith("error: FAIL: 5 of 7 gradients are wrong; the last, by fc2.bias: step 1, batch of 8, at [")


@pytest.mark.slow
def test_command_with_a_wrong_variant(command):
    code, _, line = command("Cube")
    assert code == 1
    assert line.startswith("error: FAIL: step 1, batch of 8, fused, whole, float64: the output of act2 at [")


@pytest.mark.parametrize("fuse", ["true", "false"])
def test_command_with_a_missing_gradient(command, fuse):
    code, _, line = command("Nothing", f"fuse={fuse}")
    assert code == 2
    assert "act2: Nothing.backward: the gradient of fc2 is missing; return " in line
