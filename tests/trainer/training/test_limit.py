"""Fewer examples than there are."""

import numpy as np
import pytest

from trainer.datasets import Examples, Splits
from trainer.ground.values import ConfigError
from trainer.training.limit import check_limit, limited


def examples(count):
    return Examples(np.arange(count, dtype=np.uint8)[:, None], np.arange(count))


SPLITS = Splits(examples(100), examples(40), examples(0))


@pytest.mark.parametrize(("amount", "count"), [(None, 100), (7, 7), (0.25, 25), (0.001, 1), (1.0, 100), (500, 100)])
def test_amounts(amount, count):
    assert len(limited(SPLITS, {"train": amount}, seed=0).train) == count


def test_parts_are_limited_on_their_own_and_stay_in_order():
    parts = limited(SPLITS, {"train": 10, "validation": None, "test": 5}, seed=3)
    assert len(parts.validation) == 40
    assert len(parts.test) == 0
    assert np.all(np.diff(parts.train.targets) > 0)
    assert np.array_equal(parts.train.inputs[:, 0], parts.train.targets)


def test_the_seed_decides():
    first, again, other = (limited(SPLITS, {"train": 10}, seed).train.targets for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("limit", "key"),
    [({"train": 0}, "limit.train"), ({"test": 1.5}, "limit.test"), ({"test": -0.1}, "limit.test"),
     ({"train": True}, "limit.train"), ({"train": "all"}, "limit.train"), ({"trian": 5}, "limit.trian")],
)
def test_mistakes(limit, key):
    with pytest.raises(ConfigError) as caught:
        check_limit(limit)
    assert caught.value.key == key
