"""Initial values: their moments, bounds and fans."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.models.initializers import (
    Constant,
    HeNormal,
    HeUniform,
    Normal,
    Ones,
    Uniform,
    XavierNormal,
    XavierUniform,
    Zeros,
    fans,
)

pytestmark = pytest.mark.parametrize("poison", "0", indirect=True)

DENSE, CONVOLUTION = (300, 200), (40, 30, 5, 3)  # fan_in 200 and 450, fan_out 300 and 600


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("initializer", "shape", "variance"),
    [
        (Normal(0.3), (500, 300), 0.09),
        (Uniform(0.3), (500, 300), 0.03),
        (XavierUniform(), DENSE, 2 / 500),
        (XavierNormal(), DENSE, 2 / 500),
        (XavierUniform(), CONVOLUTION, 2 / 1050),
        (XavierNormal(), CONVOLUTION, 2 / 1050),
        (XavierUniform(5 / 3), DENSE, 25 / 9 * 2 / 500),
        (XavierNormal(5 / 3), DENSE, 25 / 9 * 2 / 500),
        (HeUniform(), DENSE, 2 / 200),
        (HeNormal(), DENSE, 2 / 200),
        (HeUniform(), CONVOLUTION, 2 / 450),
        (HeNormal(), CONVOLUTION, 2 / 450),
    ],
)
def test_mean_and_variance(initializer, shape, variance):
    values = initializer(shape, generator())
    deviation = math.sqrt(variance / values.size)
    assert values.shape == shape
    assert abs(values.mean()) < 4 * deviation
    assert values.var() == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize(
    ("initializer", "shape", "bound"),
    [
        (Uniform(0.3), DENSE, 0.3),
        (XavierUniform(), DENSE, math.sqrt(6 / 500)),
        (XavierUniform(), CONVOLUTION, math.sqrt(6 / 1050)),
        (HeUniform(), DENSE, math.sqrt(6 / 200)),
        (HeUniform(), CONVOLUTION, math.sqrt(6 / 450)),
    ],
)
def test_uniform_values_fill_their_interval(initializer, shape, bound):
    values = initializer(shape, generator())
    assert -bound <= values.min() < -0.99 * bound
    assert 0.99 * bound < values.max() <= bound


@pytest.mark.parametrize(("initializer", "value"), [(Zeros(), 0), (Ones(), 1), (Constant(-2.5), -2.5)])
def test_constants(initializer, value):
    np.testing.assert_array_equal(initializer((3, 2), generator()), np.full((3, 2), value, float))


@pytest.mark.parametrize("initializer", [Normal(), Uniform(), XavierUniform(), XavierNormal(), HeUniform(), HeNormal()])
def test_the_generator_alone_decides(initializer):
    first, again, other = (initializer((4, 5), generator(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@given(st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple))
def test_fans_equal_pytorch(shape):
    torch = pytest.importorskip("torch")
    assert fans(shape) == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


@pytest.mark.parametrize("shape", [(), (3,)])
def test_fans_of_a_vector_are_refused(shape):
    with pytest.raises(ValueError, match="need a weight of two or more axes"):
        fans(shape)


@pytest.mark.parametrize(("initializer", "option"), [(Normal, "std"), (Uniform, "bound"), (XavierNormal, "gain")])
@pytest.mark.parametrize("value", [-1.0, math.nan])
def test_negative_options_are_refused(initializer, option, value):
    with pytest.raises(ValueError, match=f"^{option}: .* is not in"):
        initializer(value)
