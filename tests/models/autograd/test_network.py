"""Functions of networks."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.helpers.autograd import check_function, few
from trainer.models.autograd import Variable
from trainer.models.autograd import functions as F  # noqa: N812
from trainer.models.autograd.network import Fold, Unfold

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


def nn():
    return pytest.importorskip("torch").nn.functional


@pytest.mark.slow
@settings(max_examples=12)
@given(
    kernel=pairs,
    stride=pairs,
    dilation=pairs,
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    bias=st.booleans(),
)
def test_conv2d(kernel, stride, dilation, padding, size, bias):
    assume(all(s + 2 * p > d * (k - 1) for s, p, d, k in zip(size, padding, dilation, kernel, strict=True)))
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in ((2, 2, *size), (2, 2, *kernel), (2,))][: 2 + bias]
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    check_function(lambda *a: F.conv2d(*a, **options), lambda *a: nn().conv2d(*a, **options), *arrays)


def test_a_dilated_convolution_steps_by_the_dilation_inside_the_window():
    """The textbook's steps by the stride."""
    y = F.conv2d(np.arange(5.0).reshape(1, 1, 1, 5), np.ones((1, 1, 1, 2)), stride=1, dilation=(1, 3))
    np.testing.assert_array_equal(y.data.ravel(), [0 + 3, 1 + 4])


def test_conv2d_says_what_does_not_fit():
    with pytest.raises(ValueError, match=r"weight \(O, C, kh, kw\) = \(1, 3, 2, 2\) does not fit images"):
        F.conv2d(np.ones((1, 2, 4, 4)), np.ones((1, 3, 2, 2)))
    with pytest.raises(ValueError, match="windows of 5x5 do not fit an image of 4x4"):
        F.conv2d(np.ones((1, 2, 4, 4)), np.ones((1, 2, 5, 5)))


@few
@given(kernel=pairs, stride=pairs, dilation=pairs)
def test_fold_is_the_adjoint_of_unfold(kernel, stride, dilation):
    x = np.random.default_rng(0).normal(size=(2, 2, 7, 8))
    unfolded = Unfold(kernel, stride, dilation)(x).data
    c = np.random.default_rng(1).normal(size=unfolded.shape)
    folded = Fold(x.shape, kernel, stride, dilation)(c).data
    np.testing.assert_allclose(np.vdot(unfolded, c), np.vdot(x, folded), rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [("max_pool2d", {}), ("avg_pool2d", {}), ("avg_pool2d", {"count_include_pad": False})],
)
@settings(max_examples=12)
@given(
    kernel=pairs,
    stride=st.none() | pairs,
    size=st.tuples(st.integers(3, 6), st.integers(3, 6)),
    pad=st.booleans(),
    ceil_mode=st.booleans(),
)
def test_pooling(name, options, kernel, stride, size, pad, ceil_mode):
    options = options | {"stride": stride, "padding": tuple(k // 2 for k in kernel) if pad else 0}
    options |= {"ceil_mode": ceil_mode}
    x = np.random.default_rng(0).permutation(2 * size[0] * size[1]).reshape(1, 2, *size) / 8.0 - 2
    ours, theirs = getattr(F, name), getattr(nn(), name)
    check_function(lambda x: ours(x, kernel, **options), lambda x: theirs(x, kernel, **options), x)


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_all_small_poolings_have_pytorchs_values(name):
    """Every kernel, stride, padding and mode; a row of images serves for all."""
    torch, pool = pytest.importorskip("torch"), getattr(nn(), name)
    for kernel, stride, size in product(range(1, 5), (1, 2, 3, 5), range(4, 9)):
        x = np.random.default_rng(0).normal(size=(1, 1, size, 4))
        modes = [{}] if name == "max_pool2d" else [{"count_include_pad": wanted} for wanted in (True, False)]
        for padding, ceil_mode, options in product(range(kernel // 2 + 1), (False, True), modes):
            arguments = (kernel, (stride, 1), padding, ceil_mode)
            y = getattr(F, name)(x, *arguments, **options).data
            expected = pool(torch.tensor(x), *arguments[:3], ceil_mode=ceil_mode, **options).numpy()
            np.testing.assert_allclose(y, expected, rtol=1e-12, err_msg=str((size, *arguments, options)), strict=True)


def test_global_average_pooling_is_a_mean():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    check_function(lambda x: F.mean(x, (2, 3)), lambda x: nn().adaptive_avg_pool2d(x, 1).flatten(1), x)


def test_the_first_of_equal_maxima_receives_the_gradient():
    x = Variable(np.ones((1, 1, 2, 4)))
    F.max_pool2d(x, 2).backward()
    np.testing.assert_array_equal(x.grad.data[0, 0], [[1, 0, 1, 0], [0, 0, 0, 0]])


def test_pooling_refuses_windows_that_could_be_all_padding():
    with pytest.raises(ValueError, match="padding 2 is more than half the window 3"):
        F.max_pool2d(np.ones((1, 1, 4, 4)), 3, padding=2)


@pytest.mark.parametrize("shape", [(5, 2), (3, 2, 2, 3)])
def test_batch_norm(shape):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=size) for size in (shape, 2, 2)]
    theirs = nn().batch_norm
    check_function(F.batch_norm, lambda x, w, b: theirs(x, None, None, w, b, training=True), *arrays)
    torch = pytest.importorskip("torch")
    mean, variance = rng.normal(size=2), rng.uniform(1, 2, 2)
    running = torch.tensor(mean), torch.tensor(variance)
    check_function(
        lambda x, w, b: F.batch_norm(x, w, b, tuple(s.astype(x.dtype) for s in (mean, variance))),
        lambda x, w, b: theirs(x, *running, w, b),
        *arrays,
    )


def test_batch_statistics_are_per_channel():
    """The textbook flattens the image and so gets statistics of every pixel."""
    x = np.random.default_rng(0).normal(size=(4, 3, 2, 2))
    mean, variance = F.batch_statistics(x)
    np.testing.assert_allclose(mean.data, x.mean((0, 2, 3)))
    np.testing.assert_allclose(variance.data, x.var((0, 2, 3)))


def test_dropout_is_inverted():
    """The textbook scales at test time instead, and so needs to know about it there."""
    x = Variable(np.ones((100, 100), np.float32))
    y = F.dropout(x, 0.25, np.random.default_rng(0))
    assert y.dtype == np.float32
    assert set(np.unique(y.data)) == {np.float32(0), np.float32(1 / 0.75)}
    assert np.mean(y.data == 0) == pytest.approx(0.25, abs=0.02)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, y.data)
    np.testing.assert_array_equal(F.dropout(x, 0.25, np.random.default_rng(0)).data, y.data)
    assert F.dropout(x, 0.25, np.random.default_rng(0), training=False) is x
    with pytest.raises(ValueError, match=r"p: .* is not in"):
        F.dropout(x, 1.0, np.random.default_rng(0))


def test_dropout_gradients():
    check_function(lambda x: F.dropout(x, 0.5, np.random.default_rng(3)), None, np.ones((4, 3)))


@few
@given(seed=st.integers(0, 1000))
def test_cross_entropy_of_labels_and_of_vectors(seed):
    """The textbook's gives None for one-hot targets."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(size=(4, 3)) * 3, rng.integers(0, 3, 4)
    soft = rng.dirichlet(np.ones(3), 4)
    for targets in (labels, np.eye(3)[labels], soft):
        check_function(
            lambda z, t=targets: F.softmax_cross_entropy(z, t),
            lambda z, t=targets: torch.nn.functional.cross_entropy(z, torch.tensor(t)),
            logits,
        )


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([0, 1]), r"give int labels \(N,\) .* got int64 \(2,\) with logits \(3, 2\)"),
        (np.array([[0], [1], [1]]), r"got int64 \(3, 1\)"),
        (np.array([0.0, 1.0, 1.0]), "got float64"),
        (np.array([True, False, True]), "got bool"),
        (np.array([0, 1, -1]), r"a label lies outside 0 … 1"),
        (np.array([0, 2, 1]), r"a label lies outside 0 … 1"),
    ],
)
def test_cross_entropy_refuses_what_is_no_target(targets, message):
    with pytest.raises(ValueError, match=f"softmax_cross_entropy: .*{message}"):
        F.softmax_cross_entropy(np.zeros((3, 2)), targets)


def test_cross_entropy_of_large_logits():
    loss = F.softmax_cross_entropy(np.array([[1e4, -1e4]]), np.array([1]))
    assert float(loss) == 2e4


def test_mean_squared_error():
    rng = np.random.default_rng(0)
    check_function(F.mean_squared_error, nn().mse_loss, rng.normal(size=(3, 2)), rng.normal(size=(3, 2)))
