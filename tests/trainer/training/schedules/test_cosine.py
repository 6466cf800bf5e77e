"""Cosine annealing with warm-up against PyTorch's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.schedules import BASE, assert_same, factors, lengths, torch_factors
from trainer.training.schedules import Cosine


@given(lengths, st.sampled_from([0.0, 0.1, 0.5]))
def test_cosine_equals_cosine_annealing(length, min_factor):
    steps = length[0] * length[1]
    theirs = torch_factors(
        lambda torch, optimizer: torch.CosineAnnealingLR(optimizer, steps, eta_min=min_factor * BASE), steps
    )
    assert_same(factors(Cosine(min_factor=min_factor), *length), theirs)


@given(st.integers(2, 30), st.integers(2, 8), st.integers(1, 7))
def test_cosine_after_warm_up_equals_the_torch_sequence(steps_per_epoch, epochs, warmup_epochs):
    warmup_epochs = min(warmup_epochs, epochs - 1)
    steps, warmup = steps_per_epoch * epochs, steps_per_epoch * warmup_epochs

    def build(torch, optimizer):
        rise = torch.LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
        fall = torch.CosineAnnealingLR(optimizer, steps - warmup)
        return torch.SequentialLR(optimizer, [rise, fall], milestones=[warmup])

    assert_same(
        factors(Cosine(warmup_epochs=warmup_epochs), steps_per_epoch, epochs),
        torch_factors(build, steps),
    )


def test_warm_up_as_a_fraction_equals_warm_up_in_epochs():
    assert factors(Cosine(warmup_fraction=0.25), 10, 8) == factors(Cosine(warmup_epochs=2), 10, 8)


def test_warm_up_longer_than_the_run_only_rises():
    assert factors(Cosine(warmup_epochs=5), 3, 1) == [0.25, 0.5, 0.75]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"warmup_epochs": -1}, "warmup_epochs: -1"),
        ({"warmup_fraction": 1.5}, r"warmup_fraction: 1.5 is not in \[0, 1\]"),
        ({"min_factor": -0.1}, "min_factor: -0.1"),
        ({"warmup_epochs": 1, "warmup_fraction": 0.1}, "warmup_fraction: cannot be given together"),
    ],
)
def test_options_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        Cosine(**options)
