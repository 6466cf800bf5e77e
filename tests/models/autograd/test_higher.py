"""Derivatives of derivatives."""

from itertools import pairwise

import numpy as np
import pytest

from trainer.models.autograd import Variable, grad
from trainer.models.autograd import functions as F  # noqa: N812


def test_sine_to_the_fourth_derivative():
    x = Variable(np.linspace(-3, 3, 7))
    y = F.sin(x)
    for expected in (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin):
        (y,) = grad(y, [x], create_graph=True)
        np.testing.assert_allclose(y.data, expected(x.data), atol=1e-15)


def test_newtons_method():
    """x⁴ − 2x² from 2 to its minimum 1, quadratically: each error is about a square of the one before."""
    x, errors = Variable(2.0), []
    for _ in range(8):
        y = x**4 - 2 * x**2
        x.cleargrad()
        y.backward(create_graph=True)
        first = x.grad
        x.cleargrad()
        first.backward()
        x.data = x.data - first.data / x.grad.data
        errors.append(abs(float(x) - 1))
    assert errors[0] == pytest.approx(1 - 6 / 11)
    assert errors[-1] < 1e-15
    assert all(after < 2 * before**2 for before, after in pairwise(errors[:5]))


def test_second_derivative_of_tanh():
    x = Variable(np.linspace(-4, 4, 41))
    (first,) = grad(F.tanh(x), [x], create_graph=True)
    (second,) = grad(first, [x])
    t = np.tanh(x.data)
    np.testing.assert_allclose(second.data, -2 * t * (1 - t * t), atol=1e-15)


def test_penalty_on_a_gradient():
    """z = (dy/dx)³ + y with y = x²: dz/dx = 24x² + 2x, at 2 it is 100."""
    x = Variable(2.0)
    y = x**2
    y.backward(create_graph=True)
    first = x.grad
    x.cleargrad()
    (first**3 + y).backward()
    assert float(x.grad) == 100


def test_hessian_times_vector_without_the_hessian():
    """Rosenbrock's function at (2, 0)."""
    x = Variable(np.array([2.0, 0.0]))
    (gradient,) = grad(100 * (x[1] - x[0] ** 2) ** 2 + (x[0] - 1) ** 2, [x], create_graph=True)
    np.testing.assert_allclose(gradient.data, [3202, -800])
    (product,) = grad((gradient * np.array([1.0, 2.0])).sum(), [x])
    np.testing.assert_allclose(product.data, np.array([[4802, -800], [-800, 200]]) @ [1, 2])
