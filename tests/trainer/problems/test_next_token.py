"""The next of a sequence of tokens."""

from math import exp, inf, log

import numpy as np
import pytest

from tests.helpers.training import small_config
from trainer.engine.setup import Setup
from trainer.problems import NextToken


@pytest.fixture(scope="module")
def problem():
    return NextToken(Setup(small_config()).graph, 10)


def test_perplexity_is_the_exponential_of_the_mean_loss(problem):
    assert problem.figures({"loss": 4 * log(7), "correct": 1}, 4)["perplexity"] == pytest.approx(7)
    assert problem.figures({"loss": 1e6, "correct": 0}, 1)["perplexity"] == inf


def test_less_perplexity_is_better(problem):
    low, high = ({"loss": loss, "accuracy": 0.5, "perplexity": exp(loss)} for loss in (1.0, 2.0))
    assert problem.rank(low) > problem.rank(high)


def test_measures_are_those_of_a_classification(problem):
    outputs = np.eye(10)[:, :4]
    assert problem.measures(outputs, np.array([0, 1, 2, 9]))["correct"] == 3
