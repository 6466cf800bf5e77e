import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.datasets import batches


@given(count=st.integers(0, 100), batch_size=st.integers(1, 40), seed=st.none() | st.integers(0, 99))
def test_batches_visit_every_example_once(count, batch_size, seed):
    parts = list(batches(count, batch_size, None if seed is None else np.random.default_rng(seed)))
    assert [len(part) for part in parts[:-1]] == [batch_size] * (len(parts) - 1)
    assert all(1 <= len(part) <= batch_size for part in parts)
    assert sorted(index for part in parts for index in part) == list(range(count))


def test_batches_follow_their_generator():
    def order(seed):
        return np.concatenate(list(batches(100, 8, seed and np.random.default_rng(seed))))

    np.testing.assert_array_equal(order(1), order(1))
    assert (order(1) != order(2)).any()
    np.testing.assert_array_equal(order(None), np.arange(100))


def test_batch_size_must_be_positive():
    with pytest.raises(ValueError, match="batch_size"):
        next(batches(10, 0))
