"""The textbooks' convolutions: against PyTorch, against each other, and against the mistakes of the texts."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trainer.models import Conv2d
from trainer.models.kernels.reference import col2im, conv2d_im2col, conv2d_im2col_gradient, conv2d_naive, im2col

pairs = {"stride": (1, 3), "padding": (0, 3), "dilation": (1, 3)}


@st.composite
def configurations(draw):
    """Options of a convolution and the shapes of its input and its kernel, which fit."""
    options = {name: draw(st.tuples(st.integers(*ends), st.integers(*ends))) for name, ends in pairs.items()}
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    n, channels, outputs = (draw(st.integers(1, 3)) for _ in range(3))
    size = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, options["dilation"], strict=True)]
    assume(all(s + 2 * p >= r for s, p, r in zip(size, options["padding"], reach, strict=True)))
    return options, (n, channels, *size), (outputs, channels, *kernel)


def arrays(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


@settings(max_examples=60)
@given(configurations(), st.integers(0, 99), st.booleans())
def test_loops_and_im2col_equal_pytorch(configuration, seed, bias):
    torch = pytest.importorskip("torch")
    options, shape, kernel = configuration
    x, w, b = arrays(shape, kernel, kernel[:1], seed=seed)
    b = b if bias else None
    reference = torch.nn.functional.conv2d(*(a if a is None else torch.tensor(a) for a in (x, w, b)), **options)
    for convolve in (conv2d_naive, conv2d_im2col):
        np.testing.assert_allclose(convolve(x, w, b, **options), reference.numpy(), rtol=0, atol=1e-12)


@settings(max_examples=60)
@given(configurations(), st.integers(0, 99))
def test_gradients_by_im2col_equal_pytorch(configuration, seed):
    torch = pytest.importorskip("torch")
    options, shape, kernel = configuration
    x, w, b = arrays(shape, kernel, kernel[:1], seed=seed)
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, w, b)]
    y = torch.nn.functional.conv2d(*leaves, **options)
    (dy,) = arrays(tuple(y.shape), seed=seed + 1)
    y.backward(torch.tensor(dy))
    for ours, leaf in zip(conv2d_im2col_gradient(x, w, dy, **options), leaves, strict=True):
        np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=0, atol=1e-11)


@settings(max_examples=60)
@given(configurations(), st.integers(0, 99))
def test_col2im_is_the_transpose_of_im2col(configuration, seed):
    options, shape, (_, _, *kernel) = configuration
    (x,) = arrays(shape, seed=seed)
    columns = im2col(x, tuple(kernel), **options)
    (c,) = arrays(columns.shape, seed=seed + 1)
    left, right = np.vdot(columns, c), np.vdot(x, col2im(c, shape, tuple(kernel), **options))
    assert abs(left - right) <= 1e-12 * max(1, np.linalg.norm(columns) * np.linalg.norm(c))


def test_col2im_counts_how_many_windows_hold_a_place():
    counts = col2im(np.ones((4, 4)), (1, 1, 3, 3), 2)
    np.testing.assert_array_equal(counts[0, 0], [[1, 2, 1], [2, 4, 2], [1, 2, 1]])


def test_columns_are_ordered_as_in_the_texts():
    """Rows: examples, output rows, output columns. Columns: channels, kernel rows, kernel columns."""
    x = np.arange(2 * 2 * 3 * 3).reshape(2, 2, 3, 3)
    columns = im2col(x, 2)
    assert columns.shape == (2 * 2 * 2, 2 * 2 * 2)
    np.testing.assert_array_equal(columns[0], [0, 1, 3, 4, 9, 10, 12, 13])
    np.testing.assert_array_equal(columns[1], [1, 2, 4, 5, 10, 11, 13, 14])
    np.testing.assert_array_equal(columns[4], columns[0] + 18)


@pytest.mark.parametrize("convolve", [conv2d_naive, conv2d_im2col])
def test_dilation_spreads_the_kernel_and_not_the_outputs(convolve):
    """The texts step by the stride instead of the dilation."""
    x = np.arange(7.0).reshape(1, 1, 1, 7)
    w = np.ones((1, 1, 1, 3))
    np.testing.assert_array_equal(convolve(x, w, dilation=(1, 2))[0, 0, 0], [6, 9, 12])  # 0+2+4, 1+3+5, 2+4+6
    np.testing.assert_array_equal(convolve(x, w, stride=(1, 2))[0, 0, 0], [3, 9, 15])
    np.testing.assert_array_equal(convolve(x, w, stride=(1, 2), dilation=(1, 2))[0, 0, 0], [6, 12])


def test_the_loops_make_as_many_multiply_accumulates_as_the_summary_says():
    """Of ones every multiply-accumulate adds one."""
    layer = Conv2d(4, (3, 2), stride=2, dilation=(1, 2))
    batch, shape = 5, (3, 9, 8)
    y = conv2d_naive(np.ones((batch, *shape)), np.ones((4, 3, 3, 2)), stride=2, dilation=(1, 2))
    assert y.sum() == batch * layer.macs(shape)
    channels, height, width = layer.output_shape(shape)
    assert y.sum() == 2 * 3 * 3 * channels * width * height * batch  # kw · kh · kc · oc · ow · oh · batch


@pytest.mark.parametrize("convolve", [conv2d_naive, conv2d_im2col])
@pytest.mark.parametrize(
    ("shape", "kernel", "message"),
    [
        ((1, 2, 5, 5), (1, 3, 3, 3), "does not fit a kernel of 3 channels"),
        ((2, 5, 5), (1, 2, 3, 3), "does not fit a kernel of 2 channels"),
        ((1, 2, 5, 2), (1, 2, 3, 3), "a kernel of 3x3 does not fit an input of 5x2"),
    ],
)
def test_refuses_shapes_that_do_not_fit(convolve, shape, kernel, message):
    with pytest.raises(ValueError, match=message):
        convolve(np.zeros(shape), np.zeros(kernel))
