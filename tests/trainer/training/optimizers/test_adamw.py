"""AdamW against PyTorch's and the formula."""

import numpy as np
import pytest
from hypothesis import given

from tests.helpers.optimizers import adam_options, check_ten_steps, seeds, sizes
from trainer.training.optimizers import AdamW


@given(adam_options, sizes, seeds)
def test_ten_steps_equal_pytorch_and_the_formula(options, size, seed):
    check_ten_steps(AdamW, options, size, seed)


def test_decay_shrinks_what_has_no_gradient():
    """By lr·weight_decay of itself, where Adam would divide the decay by its own size and go a step of lr."""
    weights = np.full(3, 2.0)
    rule = AdamW(lr=0.1, weight_decay=0.5)
    rule.update(weights, np.zeros(3), rule.create_state(3, np.float64), 0.1, 1)
    np.testing.assert_allclose(weights, 2.0 * (1 - 0.1 * 0.5))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight_decay": -0.1}, "weight_decay: -0.1"),
        ({"betas": (0.9, 1.0)}, r"betas: 1.0 is not in \[0, 1\)"),
        ({"eps": -1e-8}, "eps: -1e-08"),
    ],
)
def test_options_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        AdamW(**options)
