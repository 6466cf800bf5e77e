"""Activations against PyTorch, finite differences and their limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.gradients import check_gradients
from tests.helpers.layers import SingleLayer
from tests.helpers.parity import check_parity
from trainer.models import ELU, GELU, GraphError, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from trainer.models.layers.activation import Activation

LAYERS = {
    "ReLU": (lambda a: ReLU(), lambda torch, a: torch.nn.ReLU()),
    "LeakyReLU": (lambda a: LeakyReLU(a), lambda torch, a: torch.nn.LeakyReLU(a)),
    "Tanh": (lambda a: Tanh(), lambda torch, a: torch.nn.Tanh()),
    "Sigmoid": (lambda a: Sigmoid(), lambda torch, a: torch.nn.Sigmoid()),
    "ELU": (lambda a: ELU(a), lambda torch, a: torch.nn.ELU(a)),
    "Softplus": (lambda a: Softplus(), lambda torch, a: torch.nn.Softplus(threshold=40)),
    "SiLU": (lambda a: SiLU(), lambda torch, a: torch.nn.SiLU()),
    "GELU": (lambda a: GELU(), lambda torch, a: torch.nn.GELU(approximate="tanh")),
    "Softmax": (lambda a: Softmax(), lambda torch, a: torch.nn.Softmax(1)),
}
shapes = st.one_of(st.tuples(st.integers(1, 9)), st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)))
each = pytest.mark.parametrize("name", LAYERS)
MONOTONE = ["ReLU", "LeakyReLU", "Tanh", "Sigmoid", "ELU", "Softplus"]


def test_every_activation_is_tested():
    own = [kind for kind in Activation.__subclasses__() if kind.__module__.startswith("trainer.")]
    assert {kind.__name__ for kind in own} <= set(LAYERS)


@each
@settings(max_examples=25)
@given(
    shapes,
    st.integers(1, 5),
    st.floats(0.01, 1),
    st.sampled_from([1.0, 5.0, 20.0]),
    st.sampled_from(["float64", "float32"]),
    st.integers(0, 99),
)
def test_equals_pytorch(name, shape, batch, a, scale, dtype, seed):
    make, reference = LAYERS[name]
    inputs = [scale * np.random.default_rng(seed).normal(size=(*shape, batch))]
    # 1 − y² of a saturated tanh is a small difference of large numbers, whence ``least``.
    check_parity(make(a), lambda torch: reference(torch, a), shape, dtype=dtype, seed=seed, inputs=inputs, least=1.0)


@each
@settings(max_examples=20)
@given(shapes, st.integers(1, 4), st.floats(0.01, 1), st.integers(0, 99))
def test_gradients(name, shape, batch, a, seed):
    check_gradients(LAYERS[name][0](a), shape, batch=batch, seed=seed)


@each
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_stable_far_out(name, dtype):
    """Finite, warning-free and equal to PyTorch at ±10⁴."""
    make, reference = LAYERS[name]
    x = np.array([-1e4, -700, -100, -90, -88, -50, -1e-6, 0, 1e-6, 50, 88, 90, 100, 700, 1e4])
    check_parity(make(0.5), lambda torch: reference(torch, 0.5), (1,), dtype=dtype, inputs=[x[None]], least=1.0)
    check_parity(make(0.5), lambda torch: reference(torch, 0.5), (15,), dtype=dtype, inputs=[x[:, None]], least=1.0)


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "Softmax"])
@pytest.mark.parametrize("a", [0.01, 0.0, 1.0])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_largest_values(name, a, dtype):
    """The value and slope that PyTorch gives; where its formula is nan far out, the limit of the slope."""
    torch = pytest.importorskip("torch")
    make, reference = LAYERS[name]
    if name == "ELU" and a == 0:
        pytest.skip("alpha must be positive")
    largest = np.finfo(dtype).max
    x = np.array([[-np.inf, -largest, -1e30, -1e19, -1e10, 1e10, 1e19, 1e30, largest, np.inf]], dtype)
    leaf = torch.tensor(x, requires_grad=True)
    expected = reference(torch, a)(leaf)
    expected.sum().backward()
    layer, ones = make(a), np.ones_like(x)
    with np.errstate(all="ignore"):
        y = layer.apply(x, np.empty_like(x))
        slope = layer.gradient(x, y, ones, np.empty_like(x), np.empty_like(x))
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-5)
    limits = np.where((x > 0) | np.isinf(x), 1.0, 0.0)
    known = np.isfinite(leaf.grad.numpy())
    np.testing.assert_allclose(slope[known], leaf.grad.numpy()[known], rtol=1e-5, atol=1e-30)
    finite = np.isfinite(x)
    np.testing.assert_allclose(slope[finite & ~known], limits[finite & ~known])


def test_which_are_monotone():
    layers = {name: make(0.3) for name, (make, _) in LAYERS.items()}
    assert [name for name, layer in layers.items() if getattr(layer, "monotone", False)] == MONOTONE


@pytest.mark.parametrize("name", MONOTONE)
def test_monotone_activations_rise_and_need_only_their_output(name):
    layer = LAYERS[name][0](0.3)
    x = np.linspace(-9, 9, 1001)
    y = layer.apply(x, np.empty_like(x))
    assert (np.diff(y) >= 0).all()
    dy, scratch = np.ones_like(x), np.empty_like(x)
    blind = layer.gradient(None, y, dy, np.empty_like(x), scratch)
    np.testing.assert_array_equal(blind, layer.gradient(x, y, dy, np.empty_like(x), scratch))


@pytest.mark.parametrize("name", sorted(set(LAYERS) - {"Softmax"}))
def test_array_functions_write_only_to_out(name):
    layer = LAYERS[name][0](0.3)
    x, dy = np.linspace(-3, 3, 8), np.ones(8)
    y, dx, scratch = np.empty(8), np.empty(8), np.empty(8)
    x.flags.writeable = dy.flags.writeable = False
    assert layer.apply(x, y) is y
    y.flags.writeable = False
    assert layer.gradient(x, y, dy, dx, scratch) is dx


def test_slopes_at_the_kink():
    zero, dy = np.zeros(1), np.ones(1)
    for layer, slope in ((ReLU(), 0), (LeakyReLU(0.25), 0.25), (ELU(0.5), 0.5)):
        assert layer.gradient(zero, zero, dy, np.empty(1), np.empty(1)) == slope


def test_the_sigmoid_keeps_its_digits_on_the_left():
    x = np.array([-30.0, -60.0, -300.0])
    np.testing.assert_allclose(Sigmoid().apply(x, np.empty(3)), np.exp(x), rtol=1e-12)


def test_softmax_is_over_features():
    softmax = SingleLayer(Softmax(), (3, 2, 2))
    np.testing.assert_allclose(softmax.forward(*softmax.inputs(5)).sum(0), 1)
    with pytest.raises(GraphError, match="needs features"):
        Softmax().output_shape(())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LeakyReLU(-0.1), "negative_slope"),
        (lambda: LeakyReLU(2), "negative_slope"),
        (lambda: ELU(0), "alpha"),
        (lambda: ELU(1.5), "alpha"),
        (lambda: GELU("none"), "approximate"),
    ],
)
def test_refuses_bad_options(make, message):
    with pytest.raises(ValueError, match=message):
        make()
