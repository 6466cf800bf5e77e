"""Functions that move, copy and pick elements."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, mutually_broadcastable_shapes

from tests.helpers.autograd import check_function, few
from trainer.models.autograd import Variable
from trainer.models.autograd import functions as F  # noqa: N812

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


def test_getitem_takes_variables():
    x, rows = Variable(np.arange(6.0).reshape(2, 3)), Variable(np.array([1, 1]))
    np.testing.assert_array_equal(x[rows].data, x.data[[1, 1]])
    np.testing.assert_array_equal(x[rows, 2].data, [5, 5])
    x[0, x[0] > 0].backward()
    np.testing.assert_array_equal(x.grad.data, [[0, 1, 1], [0, 0, 0]])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_concatenate(axis):
    torch = pytest.importorskip("torch")
    shapes = [[2, 3, 4] for _ in range(3)]
    for size, shape in enumerate(shapes):
        shape[axis] = size + 1
    arrays = [np.random.default_rng(0).normal(size=shape) for shape in shapes]
    check_function(lambda *a: F.concatenate(a, axis), lambda *a: torch.cat(a, axis), *arrays)


def test_concatenate_one_array_twice():
    x = Variable(np.array([1.0, 2.0]))
    (F.concatenate([x, x]) * np.arange(4.0)).backward()
    np.testing.assert_array_equal(x.grad.data, [2, 4])


def test_astype():
    x = Variable(np.array([1.5, 2.5], np.float32))
    assert F.astype(x, np.float32) is x
    y = x.astype("float64") * np.pi
    assert (y.dtype, x.astype(int).dtype) == (np.float64, np.int64)
    y.backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_allclose(x.grad.data, np.pi, rtol=1e-7)


def test_integers_pass_no_gradient_on():
    """Rounding has slope 0."""
    x = Variable(np.array([1.5, 2.5]))
    (x.astype(int) * x).backward()
    np.testing.assert_array_equal(x.grad.data, [1, 2])


def test_pad():
    torch = pytest.importorskip("torch")
    widths = ((0, 0), (1, 2), (0, 1))
    pads = (0, 1, 1, 2)
    check_function(lambda x: F.pad(x, widths, 7.0), lambda x: torch.nn.functional.pad(x, pads, value=7.0), IMAGE)
