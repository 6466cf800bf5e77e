"""One cycle against torch.optim.lr_scheduler.OneCycleLR."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.schedules import BASE, assert_same, factors, lengths, torch_factors
from trainer.training.schedules import OneCycle


@given(
    lengths, st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.9]), st.sampled_from([1.0, 10.0, 25.0]), st.sampled_from([1, 1e4])
)
def test_one_cycle_equals_onecyclelr(length, pct_start, div_factor, final_div_factor):
    steps = length[0] * length[1]
    if pct_start * steps == 1:
        return  # PyTorch divides by zero; see below

    def build(torch, optimizer):
        return torch.OneCycleLR(
            optimizer, max_lr=BASE, total_steps=steps, pct_start=pct_start, div_factor=div_factor,
            final_div_factor=final_div_factor, cycle_momentum=False,
        )  # fmt: skip

    assert_same(factors(OneCycle(pct_start, div_factor, final_div_factor), *length), torch_factors(build, steps))


def test_one_cycle_without_room_to_rise_starts_at_its_peak():
    assert OneCycle(pct_start=0.25)(0, 4, 1) == 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pct_start": 1.0}, r"pct_start: 1.0 is not in \[0, 1\)"),
        ({"div_factor": 0}, "div_factor: 0"),
        ({"final_div_factor": float("inf")}, "final_div_factor: inf"),
    ],
)
def test_options_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        OneCycle(**options)
