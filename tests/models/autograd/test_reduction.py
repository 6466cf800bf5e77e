"""Functions over axes."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.autograd import check_function, few
from trainer.models.autograd import Variable
from trainer.models.autograd import functions as F  # noqa: N812

AXES = [None, 0, 2, -1, (0, 2), (1, -1), (0, 1, 2)]
THEIRS = {"sum": "sum", "mean": "mean", "max": "amax", "min": "amin"}


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(("name", "keepdims"), [*product(THEIRS, [False, True])])
def test_reductions(name, axis, keepdims):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).permutation(24).reshape(2, 3, 4) / 8.0
    dim = (0, 1, 2) if axis is None else axis
    check_function(
        lambda x: getattr(F, name)(x, axis, keepdims),
        lambda x: getattr(torch, THEIRS[name])(x, dim, keepdim=keepdims),
        x,
    )
    assert getattr(Variable(x), name)(axis=axis, keepdims=keepdims).shape == x.sum(axis, keepdims=keepdims).shape


def test_equal_maxima_share_the_gradient():
    """DeZero's gives it to each of them whole."""
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    for function, sign in ((F.max, 1), (F.min, -1)):
        y = Variable(sign * x)
        function(y, 1).backward()
        np.testing.assert_allclose(y.grad.data, [[0, 1 / 2, 1 / 2], [1 / 3, 1 / 3, 1 / 3]])
    torch = pytest.importorskip("torch")
    theirs = torch.tensor(x, requires_grad=True)
    torch.amin(-theirs, 1).sum().backward()
    np.testing.assert_allclose(theirs.grad, -y.grad.data)


def test_the_least_of_unsigned_integers():
    x = np.array([[3, 0, 7]], np.uint8)
    assert F.min(x, 1).data.tolist() == [0]
    assert F.max(x).dtype == np.uint8


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@few
@given(axis=st.integers(-3, 2), seed=st.integers(0, 1000))
def test_softmax(name, axis, seed):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(seed).normal(size=(2, 3, 2))
    check_function(lambda x: getattr(F, name)(x, axis), lambda x: getattr(torch, name)(x, axis), x)


def test_softmax_of_large_numbers_and_of_one_vector():
    """The textbook's needs a batch; exponentials of large logits would overflow."""
    x = Variable(np.array([1e4, 0.0, -1e4]))
    np.testing.assert_array_equal(F.softmax(x).data, [1, 0, 0])
    np.testing.assert_array_equal(F.log_softmax(x).data, [0, -1e4, -2e4])
