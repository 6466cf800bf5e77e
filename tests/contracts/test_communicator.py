"""A user-defined communicator: it writes down what is said, which is what the contract says."""

import re

import numpy as np
import pytest

from tests.helpers.training import small_config
from trainer.engine.setup import Setup
from trainer.engine.watch import Watch, Watched
from trainer.models.communicator import Alone, Communicator

BATCH = 300
EXAMPLES = np.arange(BATCH)
STEP = r"(part (sum )*before_backward (sum )*reduce )+publish_kept (total )+publish "


class Recorder(Communicator):
    """Passes everything on to another communicator, and keeps the verbs.

    Args:
        inner: Who does the work.
    """

    def __init__(self, inner: Communicator) -> None:
        self.inner, self.rank, self.size, self.said = inner, inner.rank, inner.size, ""

    def part(self, batch):
        self.said += "part "
        return self.inner.part(batch)

    def sum(self, values):
        self.said += "sum "
        return self.inner.sum(values)

    def total(self, values):
        self.said += "total "
        return self.inner.total(values)

    def reduce(self, gradients):
        self.said += "reduce "
        return self.inner.reduce(gradients)

    def publish(self, parameters):
        self.said += "publish "
        self.inner.publish(parameters)

    def publish_kept(self, kept):
        self.said += "publish_kept "
        self.inner.publish_kept(kept)

    def before_backward(self):
        self.said += "before_backward "
        self.inner.before_backward()


@pytest.fixture(scope="module")
def shard():
    """Of a network with BatchNorm, whose statistics are sums over the batch."""
    setup, recorder = Setup(small_config()), Recorder(Alone())
    recorder.size = 2  # so that all is said, though nobody listens
    return setup.shard(setup.parameters(), setup.splits(), communicator=recorder)


@pytest.fixture
def said(shard):
    """What is said while a function runs."""

    def listen(function, *arguments):
        shard.communicator.said = ""
        function(*arguments)
        return shard.communicator.said

    return listen


def test_a_step(shard, said):
    text = said(shard.train, EXAMPLES, 0.01, 1)
    assert re.fullmatch(STEP, text), text
    assert "sum before_backward sum " in text


def test_a_step_of_several_batches(shard, said):
    text = said(shard.train, np.arange(2 * BATCH), 0.01, 1)
    assert re.fullmatch(STEP, text), text
    assert text.count("before_backward") == 2


def test_a_step_that_is_watched(shard, said):
    text = said(shard.train, EXAMPLES, 0.01, 1, Watched(Watch(parameters=("fc1.weight",))))
    assert re.fullmatch(STEP, text), text


def test_an_evaluation(shard, said):
    assert said(shard.evaluate, "validation", np.arange(100)) == "part total "


def test_a_step_that_is_not_finite_publishes_nothing(shard, said):
    weight = shard.parameters["head.weight"]
    before = weight.copy()
    weight[0, 0] = np.inf
    with np.errstate(all="ignore"):
        text = said(shard.train, EXAMPLES, 0.01, 1)
    weight[...] = before
    assert "publish " not in text
    assert text.endswith("publish_kept total total ")
