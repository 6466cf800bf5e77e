"""Layers of several inputs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.gradients import check_gradients
from tests.helpers.layers import SingleLayer
from tests.helpers.parity import check_parity
from trainer.models import Add, Concatenate, GraphError, Multiply

shapes = st.one_of(
    st.just(()), st.tuples(st.integers(1, 6)), st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
)
dtypes = st.sampled_from(["float64", "float32"])


def _sum(torch):
    return lambda *inputs: sum(inputs)


def _product(torch):
    return lambda *inputs: torch.stack(inputs).prod(0)


@pytest.mark.parametrize(("kind", "reference"), [(Add, _sum), (Multiply, _product)])
@settings(max_examples=25)
@given(shape=shapes, arity=st.integers(2, 4), batch=st.integers(1, 4), dtype=dtypes, seed=st.integers(0, 99))
def test_elementwise(kind, reference, shape, arity, batch, dtype, seed):
    check_parity(kind(), reference, *[shape] * arity, batch=batch, dtype=dtype, seed=seed)
    check_gradients(kind(), *[shape] * arity, batch=batch, seed=seed)


@settings(max_examples=25)
@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=4), st.booleans(), st.integers(1, 4), dtypes, st.integers(0, 99)
)
def test_concatenate(channels, image, batch, dtype, seed):
    inputs = [(c, 3, 2) if image else (c,) for c in channels]
    check_parity(Concatenate(), lambda torch: lambda *x: torch.cat(x, 1), *inputs, batch=batch, dtype=dtype, seed=seed)
    check_gradients(Concatenate(), *inputs, batch=batch, seed=seed)


@pytest.mark.parametrize("kind", [Add, Multiply])
def test_the_same_shape_is_needed(kind):
    with pytest.raises(GraphError, match="needs inputs of the same shape, got 2 and 3"):
        kind().output_shape((2,), (3,))


def test_concatenate_needs_one_height_and_width():
    with pytest.raises(GraphError, match="of the same size, except for their channels, got 2x3x3 and 2x4x3"):
        Concatenate().output_shape((2, 3, 3), (2, 4, 3))


def test_multiplying_by_zero_leaves_no_trace():
    """The product of the others is not y / x."""
    multiply = SingleLayer(Multiply(), (1,), (1,))
    multiply.forward(np.zeros((1, 1)), np.full((1, 1), 3.0))
    dx, dw = multiply.backward(np.ones((1, 1)))
    assert (dx.item(), dw.item()) == (3, 0)
