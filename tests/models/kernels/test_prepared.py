"""Calls are made anew for new arrays only."""

import numpy as np

from trainer.models.kernels.prepared import Prepared, copy


def test_calls_are_made_once_for_the_same_arrays():
    made = []

    def make(source, target):
        made.append((source, target))
        return [copy(target, source)]

    prepared = Prepared(make)
    a, b, target = np.zeros(3), np.ones(3), np.empty(3)
    for source in (a, a, b, b, a):
        source += 1
        prepared(source, target)
        np.testing.assert_array_equal(target, source)
    assert [source is a for source, _ in made] == [True, False, True]


def test_an_array_may_be_missing():
    prepared = Prepared(lambda target, source: [] if source is None else [copy(target, source)])
    target = np.zeros(2)
    prepared(target, None)
    np.testing.assert_array_equal(target, [0, 0])
    prepared(target, np.ones(2))
    np.testing.assert_array_equal(target, [1, 1])
