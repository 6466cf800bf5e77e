"""What sweeps compare runs by."""

from math import inf, nan

import pytest

from trainer.ground.values import ConfigError
from trainer.models import Linear, build
from trainer.problems import Classification, Regression
from trainer.training.objective import check, chosen, maximised, value, worst

RESULT = {
    "status": "completed",
    "best": {"epoch": 3, "val_loss": 0.2, "val_accuracy": 0.9},
    "final": {"val_loss": 0.3, "val_accuracy": 0.8},
}


@pytest.mark.parametrize(
    ("objective", "number"),
    [("best_val_accuracy", 0.9), ("best_val_loss", 0.2), ("final_val_accuracy", 0.8), ("final_val_loss", 0.3)],
)
def test_value(objective, number):
    assert value(RESULT, objective) == number


@pytest.mark.parametrize(
    "result",
    [None, {}, {"status": "failed"}, RESULT | {"status": "failed"}, {"status": "completed", "best": None},
     {"status": "completed", "best": {"val_accuracy": nan, "val_loss": nan}}],
)
@pytest.mark.parametrize(("objective", "least"), [("best_val_accuracy", -inf), ("best_val_loss", inf)])
def test_without_a_number_it_is_the_worst_and_never_nan(result, objective, least):
    assert value(result, objective) == worst(objective) == least


def test_it_is_of_a_metric_of_the_problem():
    graph = build({"head": Linear(3)}, (4,), None)
    check("best_val_accuracy", Classification(graph, 3))
    check("final_val_r2", Regression(graph, None))
    assert chosen("auto", Regression(graph, None)) == "best_val_loss"
    assert chosen("final_val_r2", Regression(graph, None)) == "final_val_r2"
    with pytest.raises(ConfigError, match="the data has no accuracy; set objective=best_val_loss"):
        check("final_val_accuracy", Regression(graph, None))
    with pytest.raises(ConfigError, match="'best_val_acuracy' is not an objective; did you mean 'best_val_accuracy'"):
        check("best_val_acuracy")


def test_what_is_better_the_metric_says():
    assert maximised("best_val_r2")
    assert not maximised("final_val_mae")
