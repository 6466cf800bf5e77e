"""The base learning rate at every step."""

from tests.helpers.schedules import factors
from trainer.training.schedules import Constant


def test_constant_is_one():
    assert factors(Constant(), 3, 2) == [1.0] * 6
