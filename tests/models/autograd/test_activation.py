"""Activations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.autograd import check_function, few
from trainer.models.autograd import Variable, grad
from trainer.models.autograd import functions as F  # noqa: N812

OPTIONS = {
    "sigmoid": [{}],
    "softplus": [{}],
    "relu": [{}],
    "leaky_relu": [{}, {"negative_slope": 0.0}, {"negative_slope": 0.3}, {"negative_slope": 1.0}],
    "elu": [{}, {"alpha": 0.4}, {"alpha": 2.0}],
    "silu": [{}],
    "gelu": [{}],
}
CASES = [(name, options) for name, each in OPTIONS.items() for options in each]


def ours(name, options):
    return lambda x: getattr(F, name)(x, **options)


def theirs(name, options):
    functional = pytest.importorskip("torch").nn.functional
    options = options | ({"approximate": "tanh"} if name == "gelu" else {})
    return lambda x: getattr(functional, name)(x, **options)


@pytest.mark.parametrize(("name", "options"), CASES)
@few
@given(seed=st.integers(0, 1000), shape=st.sampled_from([(), (3,), (2, 3)]))
def test_values_and_gradients(name, options, seed, shape):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.3, 3.0, shape) * rng.choice([-1, 1], shape)
    check_function(ours(name, options), theirs(name, options), np.asarray(x))


@pytest.mark.parametrize(("name", "options"), CASES)
def test_at_zero_and_from_the_smallest_to_far_values(name, options):
    """At 0 the slope is PyTorch's; near it eˣ − 1 keeps its digits."""
    torch = pytest.importorskip("torch")
    far = np.array([0.0, 1e-300, 1e-12, 1e-3, 5.0, 9.9, 10.1, 30.0, 600.0, 999.0])
    x = Variable(np.concatenate([far, -far]))
    tensor = torch.tensor(x.data, requires_grad=True)
    y, expected = ours(name, options)(x), theirs(name, options)(tensor)
    (gradient,) = grad(y, [x], create_graph=True)
    (slope,) = torch.autograd.grad(expected.sum(), [tensor], create_graph=True)
    np.testing.assert_allclose(y.data, expected.detach(), rtol=1e-12, atol=1e-18)
    np.testing.assert_allclose(gradient.data, slope.detach(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_the_largest_values(name, options, dtype):
    """The limits, which ∞ · 0 on the way would turn into nan; with the gradient 2, since 2x is infinite there."""
    largest = np.finfo(dtype).max
    x = Variable(np.array([-largest, largest], dtype))
    y = ours(name, options)(x)
    (first,) = grad(y, [x], create_graph=True, gradient=np.array([2.0, 2.0]))
    (second,) = grad(first, [x])
    slope = options.get("negative_slope", 0.01) if name == "leaky_relu" else 0.0
    lowest = -options.get("alpha", 1.0) if name == "elu" else -largest * dtype(slope)
    np.testing.assert_allclose(y.data, [lowest, 1 if name == "sigmoid" else largest], rtol=1e-6)
    np.testing.assert_allclose(first.data, [2 * slope, 0 if name == "sigmoid" else 2], rtol=1e-6)
    np.testing.assert_array_equal(second.data, [0, 0])


def test_infinite_gradients_of_relu():
    x = Variable(np.array([-1.0, 0.0, 1.0]))
    F.relu(x).backward(gradient=np.full(3, np.inf))
    np.testing.assert_array_equal(x.grad.data, [0, 0, np.inf])


def test_relu_at_zero_passes_nothing_and_leaves_the_given_gradient_alone():
    """The textbook's ReLU wrote zeros into the gradient it was given."""
    x, given = Variable(np.array([-1.0, 0.0, 1.0])), np.full(3, 5.0)
    F.relu(x).backward(gradient=given)
    np.testing.assert_array_equal(x.grad.data, [0, 0, 5])
    np.testing.assert_array_equal(given, 5)
