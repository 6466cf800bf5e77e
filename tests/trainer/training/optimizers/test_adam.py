"""Adam against PyTorch's and the formula."""

import numpy as np
import pytest
from hypothesis import given

from tests.helpers.optimizers import adam_options, check_ten_steps, seeds, sizes
from trainer.training.optimizers import Adam


@given(adam_options, sizes, seeds)
def test_ten_steps_equal_pytorch_and_the_formula(options, size, seed):
    check_ten_steps(Adam, options, size, seed)


def test_slots_name_the_state():
    state = Adam().create_state(3, np.float32)
    assert tuple(state) == Adam.slots
    for slot in state.values():
        assert slot.dtype == np.float32
        np.testing.assert_array_equal(slot, np.zeros(3))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": float("nan")}, "lr: nan"),
        ({"lr": "fast"}, "lr: 'fast' is not a number"),
        ({"betas": (0.9, 1.0)}, r"betas: 1.0 is not in \[0, 1\)"),
        ({"betas": [0.9]}, r"betas: \[0.9\] is not a pair"),
        ({"betas": 0.9}, "betas: 0.9 is not a pair"),
        ({"eps": -1e-8}, "eps: -1e-08"),
    ],
)
def test_options_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        Adam(**options)
