"""The times of calls, and of the nodes of a graph."""

import numpy as np
import pytest

from tests.helpers.training import small_config
from trainer.engine import stopwatch as module
from trainer.engine.setup import Setup
from trainer.engine.stopwatch import Stopwatch
from trainer.models import Workspace


class Counter:
    def __init__(self):
        self.calls = 0

    def count(self, step, fail=False):
        self.calls += step
        if fail:
            raise KeyError
        return self.calls


def test_a_stopwatch_times_every_call_and_changes_none(monkeypatch):
    clock = iter([0.0, 1.0, 5.0, 8.0, 10.0, 12.0])
    monkeypatch.setattr(module, "perf_counter", lambda: next(clock))
    watch, watched, other = Stopwatch(), Counter(), Counter()
    watch.watch(watched, "count", "counting")
    assert watched.count(2) == 2
    assert other.count(1) == 1  # another object is not timed
    assert watched.count(step=3) == 5
    with pytest.raises(KeyError):
        watched.count(1, fail=True)
    assert watch.times["counting"] == [1.0, 3.0, 2.0]
    assert watch.seconds("counting") == 2.0
    assert watch.seconds("nothing") == 0.0
    watch.clear()
    assert watch.seconds("counting") == 0.0


def test_a_timed_graph_computes_the_same_and_the_first_stays_untimed():
    setup, watch = Setup(small_config()), Stopwatch()
    store = setup.parameters()
    x = np.random.default_rng(0).standard_normal((*setup.network.input_shapes[0], 5), np.float32)
    outputs = []
    for graph in (watch.timed(setup.network), setup.network):
        workspace = Workspace(graph, store)
        outputs.append(graph.forward(workspace, x).copy())
        graph.backward(workspace, outputs[-1])
    np.testing.assert_array_equal(*outputs)
    (node,) = [node for node in setup.network.nodes if node.name == "act1"]
    assert min(watch.passes(node)) > 0
    assert {name: len(times) for name, times in watch.times.items() if "act1" in name} == {
        "act1 forward": 1,
        "act1 backward": 1,
    }
