"""The next of a sequence of tokens."""

from math import exp, inf, log

import numpy as np
import pytest

from tests.helpers.training import small_config
from trainer.engine.metrics import request_metrics
from trainer.engine.setup import Setup
from trainer.problems import NextToken


@pytest.fixture(scope="module")
def problem():
    return NextToken(Setup(small_config()).graph, 10)


def test_perplexity_is_the_exponential_of_the_mean_loss(problem):
    assert problem.figures({"loss": 4 * log(7), "correct": 1}, 4)["perplexity"] == pytest.approx(7)
    assert problem.figures({"loss": 1e6, "correct": 0}, 1)["perplexity"] == inf


@pytest.mark.parametrize(
    ("loss", "apart"),
    [
        ({"_target_": "models.losses.CrossEntropy", "label_smoothing": 0.0, "class_weights": None}, ()),
        ({"_target_": "models.losses.CrossEntropy", "label_smoothing": 0.1}, ("log_loss",)),
        ({"_target_": None, "class_weights": [1.0] * 10}, ("log_loss",)),
        ({"_target_": "models.losses.Focal", "gamma": 2.0}, ("log_loss",)),
    ],
)
def test_perplexity_is_the_same_whatever_the_loss(loss, apart):
    config = small_config()
    problem = NextToken(Setup(config).graph, 10)
    request_metrics(problem, config | {"loss": loss})
    sums = problem.measures(np.log(np.full((10, 4), 0.1)), np.array([0, 1, 2, 9]))
    assert problem.needed == apart
    mean = log(10) if not apart else 0.5
    assert problem.figures({"loss": 4 * mean, **sums}, 4)["perplexity"] == pytest.approx(10)


def test_less_perplexity_is_better(problem):
    low, high = ({"loss": loss, "accuracy": 0.5, "perplexity": exp(loss)} for loss in (1.0, 2.0))
    assert problem.rank(low) > problem.rank(high)


def test_what_costs_most(problem):
    """Of a character that is never seen to come, nothing is said."""
    outputs = np.log(np.array([[0.7, 0.1] + [0.025] * 8, [0.7, 0.1] + [0.025] * 8, [0.1] * 10, [0.1] * 10]))
    found = problem.details(outputs, np.array([0, 0, 1, 9]), "abcdefghij", 3)
    costs = {"a": -2 * log(0.7), "b": log(10), "j": log(10)}
    total = sum(costs.values())
    assert found["bits"] == pytest.approx(total / 4 / log(2))
    assert [row["token"] for row in found["costliest"]] == ["b", "j", "a"]
    row = found["costliest"][2]
    assert (row["examples"], row["accuracy"]) == (2, 1.0)
    assert (row["perplexity"], row["share"]) == pytest.approx((1 / 0.7, costs["a"] / total))
    assert found.keys() == {"bits", "top_k", "costliest"}


def test_measures_are_those_of_a_classification(problem):
    outputs = np.eye(10)[:, :4]
    assert problem.measures(outputs, np.array([0, 1, 2, 9]))["correct"] == 3
