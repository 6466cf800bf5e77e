"""The four operations, and powers beside them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from tests.helpers.autograd import check_function, few
from trainer.models.autograd import Variable
from trainer.models.autograd import functions as F  # noqa: N812

OPERATORS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
}
pairs_of_shapes = mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)


@pytest.mark.parametrize("name", OPERATORS)
@few
@given(shapes=pairs_of_shapes, seed=st.integers(0, 1000))
def test_operators_broadcast(name, shapes, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.uniform(0.5, 2.0, shape) for shape in shapes.input_shapes)
    check_function(getattr(F, name), OPERATORS[name], a, b)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, -2, 0.5, 2.5])
def test_constant_powers(exponent):
    x = np.array([0.5, 1.0, 2.0])
    check_function(lambda x: x**exponent if isinstance(x, Variable) else F.pow(x, exponent), lambda x: x**exponent, x)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3])
def test_whole_powers_at_zero_and_below(exponent):
    x = np.array([-1.5, 0.0])
    check_function(lambda x: F.pow(x, exponent), lambda x: x**exponent, x)


def test_a_variable_exponent_at_base_zero():
    a, b = Variable(np.array([0.0, 0.0])), Variable(np.array([2.0, 1.0]))
    (a**b).backward()
    np.testing.assert_array_equal(a.grad.data, [0, 1])
    np.testing.assert_array_equal(b.grad.data, [0, 0])


def test_a_variable_exponent_zero_at_base_zero():
    torch = pytest.importorskip("torch")
    check_function(F.pow, None, np.array([2.0, 3.0]), np.zeros(2))  # PyTorch's second derivative is 0 there
    a, b = Variable(np.array([0.0, 2.0])), Variable(np.zeros(2))
    theirs = [torch.tensor(x.data, requires_grad=True) for x in (a, b)]
    (a**b).backward()
    (theirs[0] ** theirs[1]).sum().backward()
    np.testing.assert_array_equal(a.grad.data, theirs[0].grad)
    np.testing.assert_array_equal(b.grad.data, theirs[1].grad)


def test_the_gradient_of_a_quotient_of_extreme_numbers():
    """b² would overflow or vanish."""
    a, b = (Variable(np.array([1e-30, 1e30], np.float32)) for _ in range(2))
    (a / b).backward()
    np.testing.assert_allclose(a.grad.data, 1 / b.data)
    np.testing.assert_allclose(b.grad.data, -1 / b.data)


def test_negation():
    check_function(F.neg, lambda x: -x, np.array([1.0, -2.0]))


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("kind", ["number", "array", "scalar", "zero-dimensional"])
def test_operators_meet_numpy_on_either_side(name, kind):
    other = {"number": 3, "array": np.full(2, 3.0), "scalar": np.float64(3), "zero-dimensional": np.array(3.0)}[kind]
    operator, x = OPERATORS[name], np.array([1.5, 2.0])
    for ours, numpys in (
        (operator(Variable(x), other), operator(x, other)),
        (operator(other, Variable(x)), operator(other, x)),
    ):
        assert isinstance(ours, Variable)
        np.testing.assert_allclose(ours.data, numpys, rtol=1e-15)


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_numbers_keep_single_precision(operator):
    x = Variable(np.ones(2, np.float32))
    for y in (operator(x, 2.0), operator(2.0, x), operator(x, np.float32(2))):
        assert y.dtype == np.float32


def test_textbook_apples_and_oranges():
    """2 apples at 100 and 3 oranges at 150, with a tax of a tenth."""
    apple, apples, orange, oranges, tax = (Variable(float(value)) for value in (100, 2, 150, 3, 1.1))
    price = (apple * apples + orange * oranges) * tax
    price.backward()
    assert float(price) == pytest.approx(715)
    gradients = [float(x.grad) for x in (apple, apples, orange, oranges, tax)]
    assert gradients == pytest.approx([2.2, 110, 3.3, 165, 650])
