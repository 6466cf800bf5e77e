"""Functions that move, copy and pick elements."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, mutually_broadcastable_shapes

from models.autograd import Variable
from models.autograd import functions as F  # noqa: N812
from tests.helpers.autograd import check_function, few

IMAGE = np.random.default_rng(0).normal(size=(2, 3, 4))


@pytest.mark.parametrize("arguments", [((6, 4),), ([6, 4],), (6, 4), (-1,), ((-1, 2, 4),)])
def test_reshape_takes_a_tuple_a_list_or_numbers(arguments):
    check_function(lambda x: F.reshape(x, *arguments), lambda x: x.reshape(*arguments), IMAGE)
    assert Variable(IMAGE).reshape(*arguments).shape == IMAGE.reshape(*arguments).shape


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (-1, 0, 1)])
def test_transpose(axes):
    check_function(lambda x: F.transpose(x, axes), lambda x: x.permute(axes), IMAGE)
    assert Variable(IMAGE).transpose(*axes).shape == IMAGE.transpose(axes).shape


def test_transpose_reverses_the_axes_by_default():
    check_function(F.transpose, lambda x: x.permute(2, 1, 0), IMAGE)
    assert Variable(IMAGE).T.shape == (4, 3, 2)
    assert Variable(IMAGE).transpose(None).shape == (4, 3, 2)


@few
@given(shapes=mutually_broadcastable_shapes(num_shapes=1, base_shape=(2, 3, 2), min_dims=0, max_dims=3, max_side=3))
def test_broadcast_to_and_sum_to_are_adjoint(shapes):
    (small,), large = shapes.input_shapes, (2, 3, 2)
    if np.broadcast_shapes(small, large) != large:
        return
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=small), rng.normal(size=large)
    check_function(lambda x: F.broadcast_to(x, large), lambda x: x.broadcast_to(large), x)
    check_function(lambda y: F.sum_to(y, small), lambda y: y.sum_to_size(small), y)
    np.testing.assert_allclose(np.sum(F.broadcast_to(x, large).data * y), np.sum(x * F.sum_to(y, small).data))


def test_sum_to_refuses_shapes_that_do_not_broadcast():
    with pytest.raises(ValueError, match=r"an array of shape \(2,\) does not broadcast to \(3,\)"):
        F.sum_to(np.ones(3), (2,))
    with pytest.raises(ValueError, match="does not broadcast"):
        F.sum_to(np.ones(3), (1, 1, 3))


@few
@given(data=st.data(), shape=array_shapes(min_dims=1, max_dims=3, max_side=3))
def test_getitem_with_slices(data, shape):
    index = data.draw(basic_indices(shape, allow_newaxis=True))
    x = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    np.testing.assert_array_equal(Variable(x)[index].data, x[index])
    check_function(lambda x: F.getitem(x, index), None, x)


def test_getitem_picks_twice_and_so_receives_twice():
    torch = pytest.importorskip("torch")
    index = [0, 2, 2]
    check_function(lambda x: F.getitem(x, index), lambda x: x[torch.tensor(index)], np.array([1.0, 2.0, 3.0]))
    x = Variable(np.arange(3.0))
    x[index].backward()
    np.testing.assert_array_equal(x.grad.data, [1, 0, 2])


def test_pad():
    torch = pytest.importorskip("torch")
    widths = ((0, 0), (1, 2), (0, 1))
    pads = (0, 1, 1, 2)
    check_function(lambda x: F.pad(x, widths, 7.0), lambda x: torch.nn.functional.pad(x, pads, value=7.0), IMAGE)
