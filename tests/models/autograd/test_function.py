"""User-defined functions."""

import numpy as np
import pytest

from tests.helpers.autograd import check_function
from trainer.models.autograd import Function, Variable


class Square(Function):
    def forward(self, x):
        return x * x

    def backward(self, dy):
        (x,) = self.inputs
        return 2 * x * dy


def test_a_function_of_ones_own():
    check_function(lambda x: Square()(x), lambda x: x * x, np.array([1.0, -2.0]))


def test_backward_gives_one_gradient_for_each_input():
    class Careless(Function):
        def forward(self, a, b):
            return a + b

        def backward(self, dy):
            return dy

    with pytest.raises(ValueError, match=r"Careless.backward returns 1 gradients for 2 inputs"):
        Careless()(1.0, 2.0).backward()


def test_a_gradient_has_the_shape_of_its_input():
    class Careless(Function):
        def forward(self, x):
            return x.sum()

        def backward(self, dy):
            return dy

    with pytest.raises(ValueError, match=r"Careless.backward returns the gradient \(\) of an input \(3,\)"):
        Careless()(np.ones(3)).backward()


def test_an_input_may_have_no_gradient():
    class Scale(Function):
        def forward(self, x, label):
            return x * label

        def backward(self, dy):
            return dy * self.inputs[1], None

    x, label = Variable(2.0), Variable(3.0)
    Scale()(x, label * 1.0).backward()
    assert float(x.grad) == 3
    assert label.grad is None


def test_an_instance_serves_for_one_call():
    square = Square()
    square(2.0)
    with pytest.raises(RuntimeError, match="this Square was already called"):
        square(3.0)
