"""Steps in a row, apart and as in training."""

import gc

import numpy as np
import pytest

from trainer import models
from trainer.commands import variants
from trainer.commands.variants import INPUT, Apart, Variant, large, quick_collections, script
from trainer.models.losses import CrossEntropy
from trainer.problems import Classification, Regression

SIZES = ("step", 6), ("evaluation", 3), ("step", 2)


@pytest.fixture
def graph():
    layers = {
        "conv": models.Conv2d(3, 3),
        "norm": models.BatchNorm(),
        "act": models.ReLU(),
        "drop": models.Dropout(0.5),
        "head": models.Linear(4),
    }
    return models.build(layers, (2, 5, 5))


@pytest.fixture
def parameters(graph):
    store = models.ParameterStore(graph.parameters, "float64")
    store.initialize(lambda name: np.random.default_rng(len(name)))
    return store


@pytest.fixture
def calls(graph, parameters):
    return script(graph, parameters, Classification(graph, 4), 0, SIZES)


def test_script(calls, parameters):
    assert [call.name for call in calls] == ["step 1, batch of 6", "evaluation 1, batch of 3", "step 2, batch of 2"]
    assert [call.inputs.shape for call in calls] == [(2, 5, 5, size) for _, size in SIZES]
    for name in parameters:
        first, evaluation, second = (call.parameters[name] for call in calls)
        assert (first != parameters[name]).all()
        np.testing.assert_array_equal(evaluation, first)
        assert (second != first).all()
    assert all((call.parameters["norm.running_var"] > 0).all() for call in calls)
    draws = [call.generator("drop").random() for call in calls for _ in range(2)]
    assert len(set(draws)) == 3


def test_script_of_a_regression(graph, parameters):
    (call,) = script(graph, parameters, Regression(graph, None), 0, SIZES[:1])
    assert call.targets.shape == (4, 6)
    assert call.targets.dtype == np.float32  # as data sets give them


@pytest.mark.parametrize(("batch", "sizes"), [(1, [1, 1]), (2, [2, 2]), (6, [6, 4]), (64, [64, 48]), (512, [64, 48])])
def test_large_batches(batch, sizes):
    (_, first), (_, second), *rest = large(batch)
    assert [first, second] == sizes
    assert rest == [("evaluation", first), ("step", first)]


@pytest.mark.parametrize("shards", [1, 2, 3])
def test_variants_give_what_nodes_give_apart(graph, calls, shards):
    variant = Variant("fused", models.fuse(graph), CrossEntropy(), shards)
    for call in calls:  # the last one is too small for three shards
        found, expected = variant.run(call), Apart(graph, CrossEntropy(), call).run()
        assert found.loss == pytest.approx(expected.loss, rel=1e-12)
        assert list(found.outputs) == ["act", "drop", "head"]
        for name, output in found.outputs.items():
            np.testing.assert_allclose(output, expected.outputs[name], rtol=1e-9, atol=1e-12)
        assert list(expected.gradients) == (
            [INPUT, "conv.weight", "conv.bias", "norm.weight", "norm.bias", "head.weight", "head.bias"]
            if call.training
            else []
        )
        assert (INPUT in found.gradients) == (call.training and shards == 1)
        for name, gradient in found.gradients.items():
            np.testing.assert_allclose(gradient, expected.gradients[name], rtol=1e-9, atol=1e-12)
        assert list(found.kept) == ["norm.running_mean", "norm.running_var"]
        for name, kept in found.kept.items():
            np.testing.assert_allclose(kept, expected.kept[name], rtol=1e-12)


def test_the_loss_by_changed_arrays(graph, calls):
    apart = Apart(graph, CrossEntropy(), calls[0])
    loss = apart.run().loss
    assert apart.loss() == loss
    bias = apart.arrays["norm.bias"]
    bias += 1
    changed = apart.loss(apart.first_user("norm.bias"))
    assert changed != loss
    assert apart.loss() == changed
    bias -= 1
    assert apart.loss(apart.first_user("norm.bias")) == pytest.approx(loss, rel=1e-14)


def normalized(norm):
    graph = models.build({"norm": norm, "head": models.Linear(4)}, (2, 5, 5))
    parameters = models.ParameterStore(graph.parameters, "float64")
    return graph, script(graph, parameters, Classification(graph, 4), 0, SIZES)[0]


class Failing(models.BatchNorm):
    """Fails in all shards but the first, which waits for the others."""

    def forward(self, ctx, x):
        if ctx.step.offset:
            raise ZeroDivisionError("on purpose")
        return super().forward(ctx, x)


def test_a_shard_that_fails_lets_no_other_wait():
    graph, call = normalized(Failing())
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        Variant("not fused", graph, CrossEntropy(), 3).run(call)


class Talkative(models.BatchNorm):
    """Exchanges something in the first shard alone."""

    def backward(self, ctx, dy):
        if ctx.communicator.rank == 0:
            ctx.communicator.sum(np.ones(1))
        return super().backward(ctx, dy)


def test_shards_that_wait_forever(monkeypatch):
    monkeypatch.setattr(variants, "PATIENCE", 0.1)
    graph, call = normalized(Talkative())
    with pytest.raises(models.GraphError, match="some shards take part in an exchange and others do not; let a layer"):
        Variant("not fused", graph, CrossEntropy(), 2).run(call)


@pytest.mark.parametrize("frozen", [False, True])
def test_what_was_there_before_is_not_collected(frozen):
    gc.unfreeze()
    if frozen:  # by somebody else, and so for good
        gc.freeze()
    with quick_collections():
        assert gc.get_freeze_count() > 1000
    assert bool(gc.get_freeze_count()) == frozen
    gc.freeze()  # as it was
