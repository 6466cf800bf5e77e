"""The layer Conv2d against PyTorch and finite differences."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.helpers.gradients import check_gradients
from tests.helpers.parity import check_parity
from trainer.models import Conv2d, GraphError


def _pairs(least, most):
    return st.tuples(st.integers(least, most), st.integers(least, most))


@st.composite
def configurations(draw, largest=9):
    """Options of a convolution that fits an image, and that image's shape."""
    options = {
        "kernel_size": draw(_pairs(1, 4)),
        "stride": draw(_pairs(1, 3)),
        "padding": draw(_pairs(0, 3)),
        "dilation": draw(st.one_of(st.just((1, 1)), _pairs(1, 3))),
        "bias": draw(st.booleans()),
    }
    return _fitting(draw, options, largest)


@st.composite
def same_size_configurations(draw, largest=9):
    """The most frequent case, which kernels treat by themselves: stride 1 and odd kernels that keep the size."""
    kernel = draw(st.sampled_from([1, 3, 3, 3, 5, 7]))
    options = {"kernel_size": kernel, "padding": kernel // 2, "bias": draw(st.booleans())}
    return _fitting(draw, options, largest)


def _fitting(draw, options, largest):
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, largest)), draw(st.integers(1, largest)))
    try:
        Conv2d(1, **options).output_shape(shape)
    except GraphError:
        assume(False)
    return draw(st.integers(1, 5)), options, shape


def _module(out_channels, options, shape):
    return lambda torch: torch.nn.Conv2d(shape[0], out_channels, **options)


@settings(max_examples=60)
@given(
    st.one_of(configurations(), same_size_configurations()),
    st.integers(1, 5),
    st.sampled_from(["float64", "float32"]),
    st.integers(0, 99),
)
def test_equals_pytorch(configuration, batch, dtype, seed):
    out_channels, options, shape = configuration
    layer = Conv2d(out_channels, **options)
    check_parity(layer, _module(out_channels, options, shape), shape, batch=batch, dtype=dtype, seed=seed)


@pytest.mark.parametrize(
    ("out_channels", "options", "shape", "batch"),
    [
        (6, {"kernel_size": 5, "padding": 2}, (1, 28, 28), 16),
        (16, {"kernel_size": 5}, (6, 14, 14), 16),
        (32, {"kernel_size": 3, "padding": 1}, (16, 28, 28), 8),
        (32, {"kernel_size": 3, "padding": 1}, (32, 14, 14), 33),
        (64, {"kernel_size": 3, "padding": 1, "bias": False}, (32, 7, 7), 16),
        (32, {"kernel_size": 3, "padding": 1, "stride": 2}, (16, 28, 28), 8),
        (32, {"kernel_size": 1, "stride": 2}, (16, 28, 28), 8),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_pytorch_at_the_sizes_of_real_networks(out_channels, options, shape, batch, dtype):
    layer = Conv2d(out_channels, **options)
    check_parity(layer, _module(out_channels, options, shape), shape, batch=batch, dtype=dtype)


@settings(max_examples=30)
@given(st.one_of(configurations(5), same_size_configurations(5)), st.integers(1, 2), st.integers(0, 99))
def test_gradients(configuration, batch, seed):
    out_channels, options, shape = configuration
    check_gradients(Conv2d(min(out_channels, 3), **options), shape, batch=batch, seed=seed)


def test_counts_multiply_accumulates():
    assert Conv2d(16, 5).macs((6, 14, 14)) == 5 * 5 * 6 * 16 * 10 * 10


def test_declares_its_parameters_in_pytorchs_layout():
    declared = Conv2d(4, (3, 2)).parameters((5, 9, 9))
    assert {short: p.shape for short, p in declared.items()} == {"weight": (4, 5, 3, 2), "bias": (4,)}
    assert list(Conv2d(4, 3, bias=False).parameters((5, 9, 9))) == ["weight"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"out_channels": 0, "kernel_size": 3}, "out_channels"),
        ({"out_channels": 1, "kernel_size": 0}, "kernel_size"),
        ({"out_channels": 1, "kernel_size": (3, 3, 3)}, "kernel_size"),
        ({"out_channels": 1, "kernel_size": 3, "stride": 0}, "stride"),
        ({"out_channels": 1, "kernel_size": 3, "padding": -1}, "padding"),
        ({"out_channels": 1, "kernel_size": 3, "dilation": 0}, "dilation"),
    ],
)
def test_refuses_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        Conv2d(**options)


def test_refuses_a_kernel_that_does_not_fit():
    with pytest.raises(GraphError, match="kernel 5x5 does not fit its input 16x3x3"):
        Conv2d(1, 5).output_shape((16, 3, 3))
    with pytest.raises(GraphError, match="needs an image"):
        Conv2d(1, 5).output_shape((16,))
