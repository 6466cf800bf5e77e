"""From a configuration to the objects of a run."""

import numpy as np
import pytest

from tests.helpers.runs import composed
from tests.helpers.training import LAYERS, small_config
from trainer import models
from trainer.engine.setup import Setup
from trainer.ground.errors import ConfigError, GraphError
from trainer.problems import Classification, Regression


def test_what_is_computed_is_the_network_fused_or_not():
    layers = {name: LAYERS[name] for name in ("flatten", "fc1", "act1", "head")}
    fused, plain = (Setup(small_config(f"fuse={fuse}", model={"layers": layers})) for fuse in ("true", "false"))
    assert [node.name for node in fused.graph.nodes] == [*layers]
    assert plain.network is plain.graph
    assert len(fused.network.nodes) < len(fused.graph.nodes)


def test_parameters_follow_from_the_seed_and_their_names():
    first, again, other = (Setup(small_config(f"seed={seed}")).parameters() for seed in (1, 1, 2))
    assert first.data.tobytes() == again.data.tobytes()
    assert first.data.tobytes() != other.data.tobytes()
    layers = {name: LAYERS[name] for name in ("flatten", "fc1", "head")}  # other neighbours, the same layer
    alone = Setup(small_config("seed=1", model={"layers": layers})).parameters()
    np.testing.assert_array_equal(alone["fc1.weight"], first["fc1.weight"])


def test_splits_follow_from_the_seed_and_are_limited():
    one, again, other = (Setup(small_config(f"seed={seed}", "limit.train=100")).splits() for seed in (1, 1, 2))
    assert [len(one.train), len(one.validation), len(one.test)] == [100, 144, 360]
    np.testing.assert_array_equal(one.train.inputs, again.train.inputs)
    assert not np.array_equal(one.train.inputs, other.train.inputs)


@pytest.mark.parametrize(
    ("overrides", "problem", "loss"),
    [
        (["model=mlp", "data=digits"], Classification, models.losses.CrossEntropy),
        (["model=shallow_cnn", "data=random_regression"], Regression, models.losses.MeanSquaredError),
    ],
)
def test_problem_and_loss_follow_from_the_data(overrides, problem, loss):
    setup = Setup(composed(*overrides))
    assert type(setup.problem) is problem
    assert type(setup.loss) is loss


def test_precision_is_that_of_the_parameters():
    for precision in ("float32", "float64"):
        assert Setup(small_config(f"precision={precision}")).parameters().data.dtype == precision


@pytest.mark.parametrize(
    ("changes", "error", "key"),
    [
        ({"model": {"layers": LAYERS, "optimizer": {}}}, ConfigError, "model.optimizer"),
        ({"model": {"layers": {"a": {"_target_": "models.Conv2d", "out_channels": 2, "kernel_size": 50}}}}, GraphError,
         "model.layers.a"),
        ({"optimizer": {"_target_": "trainer.optimizers.SGD", "lr": -1}}, ConfigError, "optimizer.lr"),
        ({"optimizer": {"_target_": "trainer.optimizers.SGD", "groups": {"fc9.*": {}}}}, ConfigError,
         "optimizer.groups"),
        ({"schedule": {"_target_": "trainer.schedules.Steps"}}, ConfigError, "schedule._target_"),
        ({"loss": {"_target_": "models.losses.NoLoss"}}, ConfigError, "loss._target_"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_before_data_are_read(changes, error, key):
    with pytest.raises(error) as caught:
        Setup(small_config() | changes)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("overrides", "more"),
    [
        ([], []),
        (["metrics=[f1_macro,accuracy,top_3]"], ["f1_macro", "top_3"]),
        (["objective=best_val_brier"], ["brier"]),
        (["callbacks.early_stopping.monitor=val_log_loss"], ["log_loss"]),
        (["schedule=plateau", "schedule.monitor=val_balanced_accuracy"], ["balanced_accuracy"]),
    ],
)
def test_the_figures_are_the_usual_ones_and_those_asked_for(overrides, more):
    problem = Setup(small_config(*overrides)).problem
    assert list(problem.metrics) == ["loss", "accuracy", *more]
    assert bool(problem.needed) == bool(more)


def test_figures_that_the_data_do_not_have_are_refused():
    with pytest.raises(ConfigError, match=r"^these data have no 'rmse'; they have balanced_accuracy, f1_macro"):
        Setup(small_config("metrics=[rmse]"))
