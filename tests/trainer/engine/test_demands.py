"""What is wanted of a problem and of the weights of examples."""

from types import SimpleNamespace

import numpy as np
import pytest

from trainer import datasets
from trainer.engine.demands import ask, check_weights
from trainer.ground.errors import ConfigError

CONFIG = {
    "metrics": ["f1"],
    "objective": "best_val_auc",
    "schedule": {"monitor": "val_recall"},
    "callbacks": {"stopping": {"monitor": "val_loss"}, "curves": None},
}


def test_what_is_named_or_watched_is_asked_for():
    asked = []
    ask(SimpleNamespace(optional=("auc", "recall"), ask=asked.extend), CONFIG)
    assert asked == ["f1", "auc", "recall"]


def test_a_figure_that_the_problem_has_not():
    def refuse(names):
        raise ValueError("metrics: no such figure")

    with pytest.raises(ConfigError, match=r"^no such figure$") as caught:
        ask(SimpleNamespace(optional=(), ask=refuse), CONFIG)
    assert caught.value.key == "metrics"


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_weights_are_finite_and_not_negative(weight):
    def source(*weights):
        return SimpleNamespace(fields={datasets.WEIGHT}, read_all=lambda name: np.array(weights))

    check_weights(source(0.0, 1.5))
    check_weights(SimpleNamespace(fields={"input"}))
    with pytest.raises(datasets.DataError, match=r"^the weight of training example 1 is "):
        check_weights(source(1.0, weight))
