"""Stochastic gradient descent against PyTorch's and the formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.optimizers import check_ten_steps, decays, problem, rates, seeds, sizes
from trainer.training.optimizers import SGD

momenta = st.sampled_from([0.0, 0.5, 0.9, 0.99])
sgd_options = st.builds(
    lambda lr, momentum, nesterov, weight_decay: {
        "lr": lr, "momentum": momentum, "nesterov": nesterov and momentum > 0, "weight_decay": weight_decay
    },
    rates, momenta, st.booleans(), decays,
)  # fmt: skip  # fmt: skip


@given(sgd_options, sizes, seeds)
def test_ten_steps_equal_pytorch_and_the_formula(options, size, seed):
    check_ten_steps(SGD, options, size, seed)


def test_without_momentum_it_has_no_state():
    assert SGD().create_state(3, np.float32) == {}
    assert SGD(momentum=0.9).create_state(3, np.float32).keys() == {"momentum_buffer"}


def test_a_numpy_learning_rate_does_not_widen_float32():
    initial, gradients = problem(100, 1, np.float32)
    plain, state = initial.copy(), {}
    SGD().update(plain, gradients[0], state, 0.1, 1)
    numpy_rate = initial.copy()
    SGD().update(numpy_rate, gradients[0], state, np.float64(0.1), 1)
    np.testing.assert_array_equal(numpy_rate, plain)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1}, r"lr: -1 is not in \[0, inf\)"),
        ({"momentum": 1.0}, r"momentum: 1.0 is not in \[0, 1\)"),
        ({"nesterov": True}, "nesterov: needs momentum"),
    ],
)
def test_options_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        SGD(**options)
