"""Functions of each element."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.autograd import Variable
from models.autograd import functions as F  # noqa: N812
from tests.helpers.autograd import check_function, few

POSITIVE = ("log", "sqrt")


def theirs(name):
    torch = pytest.importorskip("torch")
    return getattr(torch.nn.functional if name == "softplus" else torch, name)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "softplus", "relu", "abs"])
@few
@given(seed=st.integers(0, 1000), shape=st.sampled_from([(), (3,), (2, 3)]))
def test_functions_of_one(name, seed, shape):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.3, 3.0, shape) * (1 if name in POSITIVE else rng.choice([-1, 1], shape))
    check_function(getattr(F, name), theirs(name), np.asarray(x))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@few
@given(seed=st.integers(0, 1000))
def test_functions_of_two(name, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.permutation(12.0 * np.ones(6) + np.arange(6)).reshape(2, 3), np.array([[13.5], [15.5]])
    check_function(getattr(F, name), theirs(name), a, b)


def test_equal_elements_share_the_gradient():
    for function in (F.maximum, F.minimum):
        a, b = Variable(np.ones(2)), Variable(np.ones(2))
        function(a, b).backward()
        np.testing.assert_array_equal(a.grad.data, [0.5, 0.5])
        np.testing.assert_array_equal(b.grad.data, [0.5, 0.5])


def test_where():
    torch = pytest.importorskip("torch")
    mask = np.array([[True, False, True], [False, False, True]])
    a, b = np.arange(6.0).reshape(2, 3), np.array([-1.0, -2.0, -3.0])
    check_function(lambda a, b: F.where(mask, a, b), lambda a, b: torch.where(torch.tensor(mask), a, b), a, b)


def test_relu_at_zero_passes_nothing_and_leaves_the_given_gradient_alone():
    """The textbook's ReLU wrote zeros into the gradient it was given."""
    x, given = Variable(np.array([-1.0, 0.0, 1.0])), np.full(3, 5.0)
    F.relu(x).backward(gradient=given)
    np.testing.assert_array_equal(x.grad.data, [0, 0, 5])
    np.testing.assert_array_equal(given, 5)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "relu"])
def test_far_values_stay_finite(name):
    x = Variable(np.array([-1e4, 1e4]))
    y = getattr(F, name)(x)
    y.backward()
    assert np.isfinite(y.data).all()
    assert np.isfinite(x.grad.data).all()
    np.testing.assert_array_equal(x.grad.data, [0, 0 if name in ("sigmoid", "tanh") else 1])
