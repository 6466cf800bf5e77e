"""`task=gradcheck`: right networks pass, and every mistake of the textbooks is caught."""

import re

import numpy as np
import pytest

from tests.trainer.test_app import run
from trainer import models
from trainer.commands.gradcheck import SAMPLES, _difference, check_gradients
from trainer.models.losses import BinaryCrossEntropy, CrossEntropy, HalfSquaredError
from trainer.problems import Classification, MultiLabel, Regression

BROKEN = '''
"""Layers with the mistakes of the textbooks."""

import numpy as np

from trainer import models


class ReLU(models.ReLU):
    def gradient(self, x, y, dy, out, scratch):
        """The mask inverted."""
        return np.multiply(np.less_equal(y, 0, out=out), dy, out=out)
'''


class InvertedReLU(models.ReLU):
    """The mask of the backward is inverted."""

    def backward(self, ctx, dy):
        return np.where(ctx.inputs[0] <= 0, dy, 0)


class ForgetfulDropout(models.Dropout):
    """The backward forgets that the survivors were scaled."""

    def backward(self, ctx, dy):
        return super().backward(ctx, dy) * (1 - self.p)


class ConstantStatistics(models.BatchNorm):
    """The backward takes mean and variance for constants."""

    def backward(self, ctx, dy):
        super().backward(ctx, dy)
        x = ctx.inputs[0]
        axes = tuple(range(1, x.ndim))
        shape = (-1,) + (1,) * (x.ndim - 1)
        return dy * (ctx.params.weight / np.sqrt(x.var(axis=axes) + 1e-5)).reshape(shape)


class BiasOfOneExample(models.Linear):
    """The gradient of the bias is not summed over the batch."""

    def backward(self, ctx, dy):
        dx = super().backward(ctx, dy)
        ctx.grads.bias[...] = dy[:, 0]
        return dx


class NoInputGradient(models.Linear):
    """Right for its parameters, wrong for what comes before."""

    def backward(self, ctx, dy):
        return super().backward(ctx, dy) * 1.001


class NaNGradient(models.Linear):
    def backward(self, ctx, dy):
        dx = super().backward(ctx, dy)
        ctx.grads.weight[...] = np.nan
        return dx


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


def failures(graph, loss=None, problem=Classification):
    parameters = models.ParameterStore(graph.parameters, "float64")
    parameters.initialize(lambda name: np.random.default_rng(len(name)))
    before = parameters.data.copy()
    checks = check_gradients(graph, loss or CrossEntropy(), parameters, problem(graph, 5))
    np.testing.assert_array_equal(parameters.data, before)
    assert len(checks) == 1 + sum(p.trainable for p in graph.parameters.values())
    return {check.name for check in checks if not check.passed}


def test_right_networks_pass():
    assert failures(network()) == set()
    assert failures(network(), HalfSquaredError(), Regression) == set()
    assert failures(network(), BinaryCrossEntropy(), MultiLabel) == set()


@pytest.mark.parametrize(
    ("replaced", "wrong", "right"),
    [
        ({"act": InvertedReLU()}, {"the input", "conv.weight", "norm.bias"}, {"fc.weight", "head.bias"}),
        ({"drop": ForgetfulDropout(0.4)}, {"the input", "conv.weight", "fc.bias"}, {"head.weight"}),
        ({"norm": ConstantStatistics()}, {"the input", "conv.weight"}, {"norm.weight", "norm.bias", "fc.weight"}),
        ({"fc": BiasOfOneExample(12)}, {"fc.bias"}, {"the input", "fc.weight", "head.bias"}),
        ({"fc": NoInputGradient(12)}, {"the input", "norm.weight"}, {"fc.weight", "fc.bias"}),
        ({"fc": NaNGradient(12)}, {"fc.weight"}, {"fc.bias", "conv.weight"}),
    ],
)
def test_mistakes_are_caught(replaced, wrong, right):
    found = failures(network(**replaced))
    assert wrong <= found
    assert not right & found


def test_large_arrays_are_sampled_and_small_ones_checked_whole():
    graph = network()
    parameters = models.ParameterStore(graph.parameters, "float64")
    parameters.initialize(lambda name: np.random.default_rng(0))
    found = check_gradients(graph, CrossEntropy(), parameters, Classification(graph, 5))
    checks = {check.name: check for check in found}
    assert checks["fc.weight"].checked == SAMPLES
    assert checks["head.bias"].checked == 5


@pytest.mark.parametrize("distance", [0, 1e-6, 3.3e-6, 5e-6, 7e-6, 9e-6])
def test_kinks_within_reach_of_the_step_are_noticed(distance):
    """Of |x| at different distances from its kink."""
    x = np.array([float(distance)])
    assert _difference(lambda: abs(x[0]) + np.sin(x[0]), x, 0)[1] is np.False_
    assert x[0] == distance


def test_smooth_places_are_used():
    x = np.array([0.5])
    derivative, smooth = _difference(lambda: np.exp(3 * x[0]), x, 0)
    assert smooth
    assert derivative == pytest.approx(3 * np.exp(1.5), rel=1e-8)


def test_command(tmp_path):
    process = run("task=gradcheck", "model=lenet5", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    lines = process.stdout.splitlines()
    assert re.match(r"conv1\.weight +6x1x5x5 +24 +\d+ +\S+e-\d\d  PASS$", lines[2])
    assert lines[-1].startswith("PASS: all 14 gradients agree")


@pytest.mark.parametrize("fuse", ["true", "false"])
def test_command_with_a_broken_layer(tmp_path, fuse):
    (tmp_path / "broken.py").write_text(BROKEN)
    arguments = ["task=gradcheck", "model=mlp", f"fuse={fuse}", "allow=[broken]"]
    process = run(*arguments, "model.layers.act2._target_=broken.ReLU", cwd=tmp_path)
    assert process.returncode == 1
    assert re.search(r"^fc1\.weight .* FAIL$", process.stdout, re.MULTILINE)
    assert re.search(r"^head\.weight .* PASS$", process.stdout, re.MULTILINE)
    (line,) = process.stderr.splitlines()
    assert line.startswith("error: FAIL: ")
    assert re.search(r"5 of 7 gradients are wrong; the last, by fc2\.bias: at \[\d+\] it is .*quotient", line)
