"""The examples in the docstrings of contracts do what they say."""

import inspect
import re
import sys
import textwrap

import numpy as np
import pytest

from tests.helpers.gradients import central_differences, compare
from tests.helpers.training import small_config, train
from trainer import models
from trainer.models.losses import Loss
from trainer.training.callbacks import Callback
from trainer.training.optimizers import Elementwise, Optimizer
from trainer.training.schedules import Schedule


def example(contract: type) -> type:
    """The class in the contract's docstring, made with the names that the contract's module has."""
    block = re.search(r"\n\n((?:    (?:from|class) .*\n)(?:    .*\n|\n)*)", inspect.getdoc(contract) + "\n")
    names = dict(vars(sys.modules[contract.__module__]))
    before = set(names)
    exec(textwrap.dedent(block[1]), names)
    (made,) = (names[name] for name in set(names) - before if inspect.isclass(names[name]))
    assert issubclass(made, contract)
    return made


def test_callback(tmp_path):
    dead, again = (example(Callback)() for _ in range(2))
    train(small_config(), tmp_path / "run", dead)
    assert 0 <= dead.most <= 1
    again.restore(dead.state())
    assert again.most == dead.most


def test_schedule():
    halve = example(Schedule)()
    assert halve(7, 5, 4, [{"val_loss": None}, {"val_loss": 0.6}]) == 1
    assert halve(12, 5, 4, [{"val_loss": 0.4}, {"val_loss": 0.6}]) == 0.5


@pytest.fixture
def store():
    parameter = models.Parameter((4, 3), models.initializers.Zeros())
    store = models.ParameterStore({"a.weight": parameter, "b.weight": parameter}, "float64")
    rng = np.random.default_rng(0)
    for name in ("a.weight", "b.weight"):
        store[name][...] = 10
        store.gradient(name)[...] = rng.normal(size=(4, 3))
    return store


def test_optimizer_of_whole_parameters(store):
    rule = example(Optimizer)(lr=0.5)
    rule.update(store.data, store.gradients, {}, rule.lr, 1, store.segments())
    for name in ("a.weight", "b.weight"):
        assert np.linalg.norm(store[name] - 10) == pytest.approx(0.5)


def test_elementwise_optimizer(store):
    rule = example(Elementwise)(lr=0.5)
    rule.update(store.data, store.gradients, {}, rule.lr, 1)
    for name in ("a.weight", "b.weight"):
        assert np.array_equal(store[name], 10 - 0.5 * np.sign(store.gradient(name)))


@pytest.mark.parametrize("targets", [np.array([0, 2, 1, 1]), np.random.default_rng(1).normal(size=(3, 4))])
def test_loss(targets):
    loss = example(Loss)()
    graph = models.build({"head": models.Linear(3)}, (2,))
    workspace = models.Workspace(graph, models.ParameterStore(graph.parameters, "float64"))
    workspace.begin_step(models.Step(batch=4, offset=0, training=True))
    context = workspace.loss_context(4)
    outputs = np.random.default_rng(0).normal(size=(3, 4))
    loss.check((3,), 3)
    loss.forward(context, outputs, targets)
    derived = loss.backward(context).copy()
    numeric = central_differences(lambda: loss.forward(context, outputs, targets) / 4, outputs)
    compare("outputs", derived, numeric, 1e-6)
