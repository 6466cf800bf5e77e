"""A float32 computation stays float32, whatever it meets; gradients have the dtype of their Variables."""

import operator

import numpy as np
import pytest

from trainer.models.autograd import Function, Variable, grad, no_grad, to_dot
from trainer.models.autograd import functions as F  # noqa: N812
from trainer.models.autograd.variable import history

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
DATA = {
    "float64 array": np.array([1.5, 2.5, 3.5]),
    "float64 array without axes": np.array(1.5),
    "float16 array": np.array([1.5, 2.5, 3.5], np.float16),
    "int64 array": np.array([1, 2, 3]),
    "bool array": np.array([True, True, True]),
    "list": [1.5, 2.5, 3.5],
    "np.float64": np.float64(1.5),
    "np.float32": np.float32(1.5),
    "np.int64": np.int64(2),
    "np.bool": np.bool(True),
    "float": 1.5,
    "int": 2,
    "bool": True,
    "function of data": F.sqrt(np.array([1.5, 2.5, 3.5])),
    "function of numbers": F.where(np.array([True, False, True]), 1.0, 2.0),
}
OF_TWO = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "maximum": F.maximum,
    "minimum": F.minimum,
    "where": lambda a, b: F.where(np.array([True, False, True]), a, b),
    "mean_squared_error": F.mean_squared_error,
}


def check_dtypes(function, *values, dtype=SINGLE):
    """The result, every step on the way, first and second gradients, and what an update makes of the Variable."""
    variables = [Variable(np.asarray(value, dtype)) for value in values]
    y = function(*variables)
    with no_grad():
        assert function(*variables).dtype == dtype
    first = grad(y, variables, create_graph=True, gradient=np.ones(y.shape))
    total = sum((g * g * np.float64(0.5)).sum() for g in first)
    second = grad(total, variables)
    y.backward()
    kept = [v.grad for v in variables]
    updated = [v - np.float64(0.1) * v.grad for v in variables]
    steps = [v for f in [*history(total), *history(y)] for v in f.inputs if not v.weak]
    for name, found in {"values": [y, *steps], "gradients": [*first, *second, *kept], "updates": updated}.items():
        assert {v.dtype for v in found} == {dtype}, name


@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE], ids=str)
@pytest.mark.parametrize("data", DATA)
def test_data_takes_the_dtype_of_the_variable(data, dtype):
    other, values = DATA[data], [1.25, 2.0, 0.5]
    for function in OF_TWO.values():
        check_dtypes(lambda x, function=function: function(x, other), values, dtype=dtype)
        check_dtypes(lambda x, function=function: function(other, x), values, dtype=dtype)


IMAGES = np.random.default_rng(0).normal(size=(2, 2, 4, 4))
KERNELS = np.random.default_rng(1).normal(size=(3, 2, 2, 2))
ROWS = np.random.default_rng(2).normal(size=(4, 3))
LABELS = np.array([0, 2, 1, 1])
PAIR = np.array([1.5, 0.5])
NETWORK = {
    "linear, float64 input": (lambda w, b: F.linear(ROWS, w, b), (ROWS[:2], PAIR)),
    "linear, float64 weight and bias": (lambda x: F.linear(x, ROWS[:2], PAIR), (ROWS,)),
    "matmul of vectors": (lambda x: F.matmul(x, ROWS[0]), (ROWS,)),
    "conv2d, float64 images": (lambda w, b: F.conv2d(IMAGES, w, b), (KERNELS, ROWS[0])),
    "conv2d, float64 weight and bias": (lambda x: F.conv2d(x, KERNELS, ROWS[0], padding=1), (IMAGES,)),
    "max_pool2d": (lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), (IMAGES,)),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False), (IMAGES,)),
    "batch_norm, float64 images": (lambda w, b: F.batch_norm(IMAGES, w, b), (PAIR, PAIR)),
    "batch_norm, float64 weight and bias": (lambda x: F.batch_norm(x, PAIR, PAIR, eps=np.float64(1e-5)), (IMAGES,)),
    "batch_norm, float64 statistics": (lambda x, w, b: F.batch_norm(x, w, b, (PAIR, PAIR)), (IMAGES, PAIR, PAIR)),
    "dropout": (lambda x: F.dropout(x, np.float64(0.5), np.random.default_rng(0)), (ROWS,)),
    "cross-entropy, labels": (lambda z: F.softmax_cross_entropy(z, LABELS), (ROWS,)),
    "cross-entropy, bytes as labels": (lambda z: F.softmax_cross_entropy(z, LABELS.astype(np.uint8)), (ROWS,)),
    "cross-entropy, float64 targets": (lambda z: F.softmax_cross_entropy(z, np.full((4, 3), 1 / 3)), (ROWS,)),
    "cross-entropy, int targets": (lambda z: F.softmax_cross_entropy(z, np.eye(3, dtype=int)[LABELS]), (ROWS,)),
    "cross-entropy, bool targets": (lambda z: F.softmax_cross_entropy(z, np.eye(3, dtype=bool)[LABELS]), (ROWS,)),
    "mean": (F.mean, (ROWS,)),
    "max": (lambda x: F.max(x, 1), (ROWS,)),
    "min": (lambda x: F.min(x, 1), (ROWS,)),
    "softmax": (F.softmax, (ROWS,)),
    "log_softmax": (F.log_softmax, (ROWS,)),
    "getitem": (lambda x: x[LABELS] * ROWS, (ROWS,)),
    "concatenate": (lambda x: F.concatenate([x, ROWS, LABELS[:, None]], 1), (ROWS,)),
    "pad": (lambda x: F.pad(x, ((1, 1), (0, 0)), np.float64(7)), (ROWS,)),
    "relu": (F.relu, (ROWS,)),
    "leaky_relu": (lambda x: F.leaky_relu(x, np.float64(0.1)), (ROWS,)),
    "elu": (lambda x: F.elu(x, np.float64(0.5)), (ROWS,)),
    "silu": (F.silu, (ROWS,)),
    "gelu": (F.gelu, (ROWS,)),
    "power": (lambda x: F.abs(x) ** np.float64(1.5) + np.float64(2) ** x, (ROWS,)),
}


@pytest.mark.parametrize("name", NETWORK)
def test_functions_of_networks(name):
    function, values = NETWORK[name]
    check_dtypes(function, *values)
    check_dtypes(function, *values, dtype=DOUBLE)


@pytest.mark.parametrize("name", ["add", "mul", "div", "maximum"])
@pytest.mark.parametrize("left", ["float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("right", ["float32", "float64"])
def test_variables_that_meet_have_pytorchs_dtypes(name, left, right):
    torch = pytest.importorskip("torch")
    values = np.array([1, 0, 1], left), np.array([1.5, 2.5, 3.5], right)
    theirs = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in values]
    expected = OF_TWO[name](*theirs) if name != "maximum" else torch.maximum(*theirs)
    expected.sum().backward()
    ours = [Variable(x) for x in values]
    y = OF_TWO[name](*ours)
    y.backward()
    assert str(y.dtype) == str(expected.dtype).removeprefix("torch.")
    for x, tensor in zip(ours, theirs, strict=True):
        if tensor.grad is not None:
            assert str(x.grad.dtype) == str(tensor.grad.dtype).removeprefix("torch.")
            np.testing.assert_allclose(x.grad.data, tensor.grad, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8])
def test_gradients_of_integers_are_double(dtype):
    """With integer gradients those of 1 / x would be cut to 0, and 100² would not fit in 8 bits."""
    x = Variable(np.array([2, 100], dtype))
    for function, slope in (
        (lambda x: 1 / x, -1 / x.data.astype(float) ** 2),
        (lambda x: x * 0.5, [0.5, 0.5]),
        (lambda x: x + x, [2, 2]),
        (lambda x: F.maximum(x, 50), [0, 1]),
        (lambda x: F.where(x > 50, x, 0) / np.float32(2), [0, 0.5]),
        (lambda x: F.max(x), [0, 1]),
        (lambda x: x**2.0, [4, 200]),
        (lambda x: F.mean(x), [0.5, 0.5]),
        (lambda x: F.sqrt(x), 0.5 / np.sqrt([2.0, 100.0])),
    ):
        (gradient,) = grad(function(x), [x])
        assert gradient.dtype == DOUBLE
        np.testing.assert_allclose(gradient.data, slope, rtol=1e-3)
    (unused,) = grad(Variable(1.0), [x])
    assert unused.dtype == DOUBLE


def test_powers_of_integers():
    for exponent, slopes in ((0, [0, 0]), (1, [1, 1]), (2, [0, 6]), (3, [0, 27])):
        x = Variable(np.array([0, 3]))
        (x**exponent).backward()
        np.testing.assert_array_equal(x.grad.data, slopes)
    x = Variable(np.array([0, 3]))
    (2**x).backward()
    np.testing.assert_allclose(x.grad.data, [np.log(2), 8 * np.log(2)])


def test_bools_have_gradients_where_they_count():
    mask, x = Variable(np.array([True, False])), Variable(np.array([2.0, 3.0], np.float32))
    for y, expected in (
        (mask * x, [2, 3]),
        (F.where(np.array([True, True]), mask, x) * x, [2, 3]),
        (F.abs(mask) * x, [2, 0]),
        (F.maximum(mask, np.array([False, False])) * x, [2, 1.5]),
    ):
        mask.cleargrad()
        y.backward()
        np.testing.assert_array_equal(mask.grad.data, expected)
        assert (y.dtype, mask.grad.dtype) == (SINGLE, DOUBLE)


def test_only_conversions_of_variables_are_recorded():
    x = Variable(np.ones(2, SINGLE))
    assert "AsType" not in to_dot(F.maximum(2 * x + np.ones(2), [1, 2]))
    assert to_dot(x * Variable(np.ones(2))).count("AsType") == 1


def test_numbers_alone_are_numpys():
    assert F.add(np.float32(1), np.float32(2)).dtype == SINGLE
    assert F.add(np.float32(1), 2).dtype == SINGLE
    assert F.add(1, 2).dtype == np.int64
    assert F.add(np.ones(2, SINGLE), np.float64(2)).dtype == SINGLE
    assert F.add(np.ones(2, SINGLE), np.ones(2)).dtype == DOUBLE


def test_the_given_gradient_is_converted():
    x = Variable(np.ones(2, SINGLE))
    for seed in (np.ones(2), np.ones(2, int), [1, 1], Variable(np.ones(2))):
        for y in (x * 1, x):
            (gradient,) = grad(y, [x], gradient=seed)
            assert gradient.dtype == SINGLE
    weights = Variable(np.array([2.0, 3.0]))  # differentiated through the conversion
    (gradient,) = grad(x * x, [x], gradient=weights, create_graph=True)
    (slope,) = grad(gradient, [weights])
    assert slope.dtype == DOUBLE
    np.testing.assert_array_equal(slope.data, [2, 2])


def test_gradients_of_two_dtypes_add_in_that_of_the_variable():
    x = Variable(np.ones(2, SINGLE))
    (x * Variable(np.full(2, 0.5)) + x * np.float32(3)).backward()
    x.backward()
    assert x.grad.dtype == SINGLE
    np.testing.assert_array_equal(x.grad.data, [4.5, 4.5])


def test_a_function_of_ones_own_is_given_its_arrays_as_they_are():
    class Embed(Function):
        def forward(self, table, indices):
            return table[indices]

        def backward(self, dy):
            table, indices = self.inputs
            gradient = np.zeros(table.shape)  # float64
            np.add.at(gradient, indices.data, dy.data)
            return gradient, None

    table = Variable(np.ones((3, 2), SINGLE))
    for indices in (np.array([0, 0, 2]), Variable(np.array([0, 0, 2]))):
        table.cleargrad()
        Embed()(table, indices).backward()
        assert table.grad.dtype == SINGLE
        np.testing.assert_array_equal(table.grad.data, [[2, 2], [0, 0], [1, 1]])
