"""The times of layers: of a step like the run's, without a change to the network."""

from dataclasses import replace

import numpy as np

from trainer.pages.report import times
from trainer.pages.report.times import measure


def test_a_step_is_timed_node_by_node_and_changes_nothing(digits):
    store = digits.network.parameters
    before = store.data.copy(), store.kept.copy()
    found = measure(digits)
    assert found.passes.keys() == {node.name for node in found.graph.nodes}
    assert all(forward > 0 for forward, _ in found.passes.values())
    assert [name for name, (_, backward) in found.passes.items() if not backward] == ["flatten"]  # before what learns
    assert found.forward + found.backward == sum(map(sum, found.passes.values()))
    np.testing.assert_array_equal(before[0], store.data)
    np.testing.assert_array_equal(before[1], store.kept)


def test_a_batch_is_the_runs_or_as_large_as_time_and_memory_allow(digits, monkeypatch):
    assert measure(digits).examples == digits.config["batch_size"] == 300
    products = 3 * sum(row.macs for row in digits.table)
    monkeypatch.setattr(times, "MOST_PRODUCTS", 7 * products)
    assert measure(digits).examples == 7
    monkeypatch.setattr(times, "MOST_BYTES", 0)
    assert measure(digits).examples == 2


def test_without_examples_nothing_is_timed(digits):
    assert measure(replace(digits, status="running")) is None
