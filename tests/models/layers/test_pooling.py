"""Pooling against PyTorch, finite differences and the naive definition."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.helpers.gradients import check_gradients
from tests.helpers.layers import SingleLayer
from tests.helpers.parity import check_parity
from trainer.models import AvgPool2d, GlobalAvgPool, GraphError, MaxPool2d
from trainer.models.kernels.pooling import (
    naive_average_pool,
    naive_average_pool_gradient,
    naive_max_pool,
    naive_max_pool_gradient,
)


@st.composite
def configurations(draw, largest=8):
    """Options of a pooling layer that fits an image, and that image's shape."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    options = {
        "kernel_size": kernel,
        "stride": draw(st.one_of(st.none(), st.tuples(st.integers(1, 4), st.integers(1, 4)))),
        "padding": tuple(draw(st.integers(0, k // 2)) for k in kernel),
        "ceil_mode": draw(st.booleans()),
    }
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, largest)), draw(st.integers(1, largest)))
    try:
        MaxPool2d(**options).output_shape(shape)
    except GraphError:
        assume(False)
    return options, shape


def tied(shape, batch, seed):
    """Few different values, so that windows have several largest elements."""
    return np.random.default_rng(seed).integers(0, 3, (*shape, batch)).astype(float)


@settings(max_examples=60)
@given(configurations(), st.integers(1, 4), st.booleans(), st.sampled_from(["float64", "float32"]), st.integers(0, 99))
def test_max_pool_equals_pytorch(configuration, batch, ties, dtype, seed):
    options, shape = configuration
    inputs = [tied(shape, batch, seed)] if ties else None
    check_parity(
        MaxPool2d(**options),
        lambda torch: torch.nn.MaxPool2d(**options),
        shape,
        batch=batch,
        dtype=dtype,
        seed=seed,
        inputs=inputs,
    )


@settings(max_examples=60)
@given(configurations(), st.integers(1, 4), st.booleans(), st.sampled_from(["float64", "float32"]), st.integers(0, 99))
def test_average_pool_equals_pytorch(configuration, batch, count_include_pad, dtype, seed):
    options, shape = configuration
    options["count_include_pad"] = count_include_pad
    check_parity(
        AvgPool2d(**options),
        lambda torch: torch.nn.AvgPool2d(**options),
        shape,
        batch=batch,
        dtype=dtype,
        seed=seed,
    )


@settings(max_examples=20)
@given(configurations(largest=5), st.booleans(), st.integers(0, 99))
def test_gradients(configuration, count_include_pad, seed):
    options, shape = configuration
    check_gradients(MaxPool2d(**options), shape, batch=2, seed=seed)
    check_gradients(AvgPool2d(**options, count_include_pad=count_include_pad), shape, batch=2, seed=seed)


@settings(max_examples=40)
@given(configurations(), st.booleans(), st.integers(0, 99))
def test_equals_the_naive_definition(configuration, count_include_pad, seed):
    options, shape = configuration
    x = tied(shape, 2, seed)
    pool = SingleLayer(MaxPool2d(**options), shape)
    windows, dy = pool.layer.windows(shape), pool.output_gradient(2, seed)
    np.testing.assert_array_equal(pool.forward(x), naive_max_pool(x, windows)[0])
    np.testing.assert_allclose(pool.backward(dy)[0], naive_max_pool_gradient(x, dy, windows), atol=1e-12)
    pool = SingleLayer(AvgPool2d(**options, count_include_pad=count_include_pad), shape)
    np.testing.assert_allclose(pool.forward(x), naive_average_pool(x, windows, count_include_pad), atol=1e-12)
    expected = naive_average_pool_gradient(x, dy, windows, count_include_pad)
    np.testing.assert_allclose(pool.backward(dy)[0], expected, atol=1e-12)


@pytest.mark.parametrize("kernel", [1, 2, 3])
def test_gradient_of_a_tie_goes_to_the_first_maximum(kernel):
    pool = SingleLayer(MaxPool2d(kernel), (1, 6, 6))
    pool.forward(np.ones((1, 6, 6, 1)))
    dy = np.ones((1, 6 // kernel, 6 // kernel, 1))
    expected = np.zeros((6, 6))
    expected[::kernel, ::kernel] = 1
    np.testing.assert_array_equal(pool.backward(dy)[0][0, :, :, 0], expected)


def test_places_outside_every_window_receive_no_gradient():
    pool = SingleLayer(MaxPool2d(2), (1, 5, 5))
    pool.forward(*pool.inputs(3))
    dx = pool.backward(np.ones((1, 2, 2, 3)))[0]
    assert not dx[:, 4].any()
    assert not dx[:, :, 4].any()
    assert dx.sum() == 12


def test_padding_never_wins():
    pool = SingleLayer(MaxPool2d(2, padding=1), (1, 2, 2))
    assert pool.forward(np.full((1, 2, 2, 1), -5.0)).max() == -5


@settings(max_examples=20)
@given(st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6)), st.sampled_from(["float64", "float32"]))
def test_global_average_pool(shape, dtype):
    check_parity(GlobalAvgPool(), lambda torch: lambda x: x.mean((2, 3)), shape, dtype=dtype)
    check_gradients(GlobalAvgPool(), shape)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel_size": 0}, "kernel_size"),
        ({"kernel_size": 2, "stride": 0}, "stride"),
        ({"kernel_size": 2, "padding": -1}, "padding"),
        ({"kernel_size": 3, "padding": 2}, "more than half"),
    ],
)
@pytest.mark.parametrize("pool", [MaxPool2d, AvgPool2d])
def test_refuses_bad_options(pool, options, message):
    with pytest.raises(ValueError, match=message):
        pool(**options)


def test_refuses_windows_that_do_not_fit():
    with pytest.raises(GraphError, match="window 4x4 does not fit its input 2x3x3"):
        MaxPool2d(4).output_shape((2, 3, 3))
    with pytest.raises(GraphError, match="needs an image"):
        AvgPool2d(2).output_shape((9,))
