"""Sums over examples."""

import numpy as np
import pytest

from trainer.engine.tally import Tally

SCALARS = Tally(3, {"loss": 0.5, "correct": 2})
VECTORS = Tally(3, {"loss": 0.5, "target": np.array([1.0, 2.0]), "error": np.array([4.0])})


def plain(tally):
    return {name: np.asarray(value).tolist() for name, value in tally.sums.items()}


@pytest.mark.parametrize("tally", [SCALARS, VECTORS])
def test_there_and_back(tally):
    numbers = tally.numbers()
    assert all(np.ndim(number) == 0 for number in numbers)
    filled = tally.filled([2 * number for number in numbers])
    total = Tally()
    total.add(tally)
    total.add(tally)
    assert filled.examples == total.examples == 6
    assert plain(filled) == plain(total)
    assert plain(tally)["loss"] == 0.5  # adding changes no other tally
    assert set(tally.uncounted().numbers()) == {0}


def test_the_mean_loss():
    assert SCALARS.mean_loss == 0.5 / 3
    assert Tally().mean_loss is None
