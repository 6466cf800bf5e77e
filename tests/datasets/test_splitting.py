"""Which examples are set apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.datasets import DataError
from trainer.datasets.splitting import Fold, apart

seeds = st.integers(0, 99)


def rng(seed):
    return np.random.default_rng(seed)


@given(st.integers(1, 50), st.floats(0, 1), seeds)
def test_at_random_so_many_are_set_apart(count, share, seed):
    wanted = int(share * count)
    chosen = apart(count, wanted, rng(seed))
    assert len(np.unique(chosen)) == len(chosen) == wanted
    np.testing.assert_array_equal(chosen, apart(count, wanted, rng(seed)))


@given(st.lists(st.integers(2, 40), min_size=2, max_size=5), st.floats(0.05, 0.5), seeds)
def test_every_class_gets_its_share_and_keeps_an_example(sizes, share, seed):
    labels = rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    wanted = round(share * len(labels))
    chosen = apart(len(labels), wanted, rng(seed), labels=labels)
    counts = np.bincount(labels[chosen], minlength=len(sizes))
    assert np.all(np.abs(counts - share * np.array(sizes)) <= 1.5)
    assert np.all(counts < sizes)
    assert abs(len(chosen) - wanted) <= len(sizes)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=9), st.floats(0.1, 0.6), seeds)
def test_groups_stay_together(sizes, share, seed):
    groups = rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    chosen = apart(len(groups), round(share * len(groups)), rng(seed), groups=groups)
    rest = np.setdiff1d(np.arange(len(groups)), chosen)
    assert len(chosen)
    assert len(rest)
    assert not set(groups[chosen]) & set(groups[rest])


def test_of_one_group_nothing_can_be_set_apart():
    with pytest.raises(DataError, match="all examples are of one group, Berlin"):
        apart(3, 1, rng(0), groups=np.array(["Berlin"] * 3))


def test_the_latest_are_set_apart():
    times = np.array([5, 1, 9, 9, 2, 9])
    np.testing.assert_array_equal(apart(6, 2, rng(0), times=times), [3, 5])
    np.testing.assert_array_equal(apart(6, 4, rng(0), times=times), [0, 2, 3, 5])


@given(st.integers(2, 6), st.integers(0, 2**16), st.sampled_from(["none", "labels", "groups"]))
def test_every_example_is_in_one_fold_and_folds_are_of_like_size(of, seed, by):
    values = rng(seed).integers(0, 8 if by == "groups" else 3, 60)
    values[:8] = range(8)  # all groups are there
    given = {} if by == "none" else {by: values}
    parts = [apart(60, Fold(number, of), rng(seed), **given) for number in range(1, of + 1)]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(60))
    if by == "groups":
        assert all(sum(value in values[part] for part in parts) == 1 for value in range(8))
        return
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    counts = np.array([np.bincount(values[part], minlength=8) for part in parts])
    if by == "labels":
        assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


def test_folds_that_cannot_be():
    with pytest.raises(DataError, match="cross_validation: 3 examples are too few for 5 folds; take fewer"):
        apart(3, Fold(1, 5), rng(0))
    with pytest.raises(DataError, match="cross_validation: 2 groups are too few for 5 folds; take fewer"):
        apart(30, Fold(1, 5), rng(0), groups=np.arange(30) % 2)
    with pytest.raises(DataError, match=r"cross_validation: later examples would .*; leave out data.time"):
        apart(30, Fold(1, 5), rng(0), times=np.arange(30))
    for text in ("0/5", "6/5", "1/1", "2", "a/b"):
        with pytest.raises(ValueError, match=f"fold: '{text}' is not a fold; the second of five is 2/5"):
            Fold.from_text(text)
