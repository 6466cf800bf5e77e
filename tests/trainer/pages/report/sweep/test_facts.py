"""Statistics of runs."""

import pytest

from trainer.pages.report.sweep.facts import as_number, interval, spread


def test_the_interval_of_a_mean_is_students():
    stats = pytest.importorskip("scipy.stats")
    for values in ([0.9, 0.94], [1.0, 2.0, 4.0, 4.5], [float(n % 7) for n in range(21)]):
        wanted = stats.t.interval(0.95, len(values) - 1, sum(values) / len(values), stats.sem(values))
        assert interval(values) == pytest.approx(wanted, abs=1e-3)


def test_a_single_run_has_neither_deviation_nor_interval():
    assert (spread([1.0]), interval([1.0])) == (None, (1.0, 1.0))


def test_values_that_are_numbers():
    assert [as_number(text) for text in ("0.1", "1e-3", "mlp", "inf", "")] == [0.1, 0.001, None, None, None]


def test_a_setting_counts_those_that_failed(sweep):
    assert [len(each.failed) for each in sweep.settings] == [0, 0, 0, 0, 2]
    assert (sweep.settings[0].goals, len(sweep.runs)) == ([0.9, 0.94], 10)
