"""Functions of each element; powers are tested beside the operators."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.autograd import check_function, few
from trainer.models.autograd import Variable
from trainer.models.autograd import functions as F  # noqa: N812

POSITIVE = ("log", "sqrt")


def theirs(name):
    return getattr(pytest.importorskip("torch"), name)


@pytest.mark.parametrize("name", ["exp", "expm1", "log", "sqrt", "sin", "cos", "tanh", "abs"])
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


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_infinities_and_unsigned_integers(name):
    torch = pytest.importorskip("torch")
    values = [np.array([np.inf, -np.inf, np.inf]), np.array([np.inf, -np.inf, 1.0])]
    variables = [Variable(x) for x in values]
    tensors = [torch.tensor(x, requires_grad=True) for x in values]
    getattr(F, name)(*variables).backward()
    getattr(torch, name)(*tensors).sum().backward()
    for variable, tensor in zip(variables, tensors, strict=True):
        np.testing.assert_array_equal(variable.grad.data, tensor.grad)
    a, b = np.array([0, 5], np.uint8), np.array([3, 3], np.uint8)
    np.testing.assert_array_equal(getattr(F, name)(a, b).data, getattr(np, name)(a, b))


def test_where():
    torch = pytest.importorskip("torch")
    mask = np.array([[True, False, True], [False, False, True]])
    a, b = np.arange(6.0).reshape(2, 3), np.array([-1.0, -2.0, -3.0])
    check_function(lambda a, b: F.where(mask, a, b), lambda a, b: torch.where(torch.tensor(mask), a, b), a, b)


def test_where_wants_bools():
    with pytest.raises(TypeError, match="the condition must be of bools, such as x > 0, got float64"):
        F.where(np.ones(2), 1.0, 2.0)


def test_expm1_near_zero():
    assert float(F.expm1(1e-12)) == np.expm1(1e-12)
