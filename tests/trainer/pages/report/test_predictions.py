"""The network's predictions of a run's own examples."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.runs import TINY, make_run
from trainer.commands.evaluate import evaluate
from trainer.datasets import Subset
from trainer.pages.report import predictions
from trainer.runs.network import load


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return load(make_run(tmp_path_factory.mktemp("run"), "data=digits", *TINY, "limit.test=150"))


def test_they_are_those_that_evaluate_measures(network):
    found = predictions.predict(network)
    assert (found.split, found.available, len(found.targets)) == ("test", 150, 150)
    assert np.mean(found.predicted == found.labels) == pytest.approx(evaluate(network)["accuracy"])
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, rtol=1e-5)


def test_of_many_examples_some_are_taken(network, monkeypatch):
    whole = predictions.predict(network)
    monkeypatch.setattr(predictions, "MOST_EXAMPLES", 40)
    some = predictions.predict(network)
    assert (len(some.targets), some.available) == (40, 150)
    assert whole.targets[-1] == some.targets[-1]
    last, first = (predictions.inputs_of(found.source, [at])["input"] for found, at in ((some, 39), (some, 0)))
    np.testing.assert_array_equal(last, predictions.inputs_of(whole.source, [149])["input"])
    np.testing.assert_array_equal(first, predictions.inputs_of(whole.source, [0])["input"])
    assert some.numbers[[0, -1]].tolist() == [0, 149]


def test_without_a_test_the_validation_is_predicted(tmp_path, monkeypatch):
    network = load(make_run(tmp_path, "data=digits", *TINY))
    splits = network.dataset.load(0.1, np.random.default_rng(0))
    nothing = Subset(splits.test, np.arange(0))
    monkeypatch.setattr(type(network.dataset), "load", lambda *_: replace(splits, test=nothing))
    assert predictions.predict(network).split == "validation"
    monkeypatch.setattr(type(network.dataset), "load", lambda *_: replace(splits, test=nothing, validation=nothing))
    assert predictions.predict(network) is None
