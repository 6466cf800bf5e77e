"""The callbacks that watch steps are asked before each, and shown what they asked for."""

import numpy as np
import pytest

from tests.helpers.training import small_config
from trainer.engine.setup import Setup
from trainer.engine.watch import Watch, Watched
from trainer.ground.values import ConfigError
from trainer.training.callbacks import Callback
from trainer.training.run import Run
from trainer.training.watchers import Watchers


class Look(Callback):
    def __init__(self, watch, every=1):
        self.wanted, self.every, self.seen = watch, every, []

    def watch(self, run):
        return self.wanted if run.step % self.every == 0 else None

    def on_watched(self, run, watched):
        self.seen.append(watched)


@pytest.fixture(scope="module")
def setup():
    return Setup(small_config("fuse=false"))


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path, {}, epochs=1, steps_per_epoch=4)


def test_nothing_is_watched_where_nobody_watches(setup, run):
    assert Watchers([Callback(), Callback()], setup).ask(run) is None


def test_a_step_is_watched_for_those_who_want_it(setup, run):
    often, seldom = Look(Watch(outputs="head")), Look(Watch(outputs=("act*", "head"), parameters="*.bias"), every=2)
    watchers = Watchers([often, Callback(), seldom], setup)
    assert watchers.ask(run).wanted == Watch(("head", "act1"), (), ("fc1.bias", "norm1.bias", "head.bias"))
    run.step = 1
    assert watchers.ask(run).wanted == Watch(outputs="head")


def test_each_is_shown_what_it_asked_for(setup, run):
    first, second = Look(Watch(outputs="head")), Look(Watch(outputs="act1", parameters="head.bias"))
    watchers = Watchers([first, second], setup)
    watched = watchers.ask(run)
    arrays = {name: np.full(2, number) for number, name in enumerate(("head", "act1"))}
    watchers.tell(run, Watched(watched.wanted, arrays, {}, {"head.bias": np.zeros(3)}))
    (one,), (other,) = first.seen, second.seen
    assert (one.outputs.keys(), one.parameters.keys()) == ({"head"}, set())
    assert (other.outputs.keys(), other.parameters.keys()) == ({"act1"}, {"head.bias"})
    assert other.outputs["act1"] is arrays["act1"]


def test_a_name_that_there_is_not_is_a_mistake_of_its_callback(setup, run):
    look = Look(Watch(outputs="haed"))
    look.name = "mine"
    with pytest.raises(ConfigError, match=r"^Look: 'haed' matches no node; the nearest is 'head'$") as caught:
        Watchers([look], setup).ask(run)
    assert caught.value.key == "callbacks.mine"
