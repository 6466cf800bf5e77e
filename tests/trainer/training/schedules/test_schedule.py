"""What all schedules have in common."""

import pytest
from hypothesis import given

from tests.helpers.schedules import factors, lengths
from trainer.training.schedules import Constant, Cosine, OneCycle, Plateau, Step
from trainer.training.schedules.schedule import cosine_between

SCHEDULES = [Constant(), Cosine(), Cosine(warmup_fraction=0.1), OneCycle(), Step(1, 0.5), Plateau()]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: type(schedule).__name__)
@given(length=lengths)
def test_factors_lie_between_zero_and_one(schedule, length):
    assert all(0 <= factor <= 1 + 1e-12 for factor in factors(schedule, *length))


def test_half_a_wave_goes_from_one_end_to_the_other():
    assert cosine_between(0.25, 1.0, 0) == 0.25
    assert cosine_between(0.25, 1.0, 1) == 1.0
    assert cosine_between(0.25, 1.0, 0.5) == pytest.approx(0.625)
    assert cosine_between(1.0, 0.0, 1 / 3) == pytest.approx(0.75)
