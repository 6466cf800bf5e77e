"""Step decay against torch.optim.lr_scheduler.StepLR."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.schedules import assert_same, factors, lengths, torch_factors
from trainer.training.schedules import Step


@given(lengths, st.integers(1, 5), st.sampled_from([0.1, 0.5, 1.0]))
def test_step_equals_steplr(length, step_size, gamma):
    steps_per_epoch, epochs = length
    theirs = torch_factors(
        lambda torch, optimizer: torch.StepLR(optimizer, step_size, gamma), steps_per_epoch * epochs, steps_per_epoch
    )
    assert_same(factors(Step(step_size, gamma), steps_per_epoch, epochs), theirs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step_size": 0}, "step_size: 0"),
        ({"step_size": 1.5}, "step_size: 1.5 is not a whole number"),
        ({"gamma": 0}, r"gamma: 0 is not in \(0, 1\]"),
    ],
)
def test_options_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        Step(**options)
