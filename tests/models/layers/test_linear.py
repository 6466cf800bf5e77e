"""Linear against PyTorch and finite differences."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.gradients import check_gradients
from tests.helpers.parity import check_parity
from trainer.models import GraphError, Linear
from trainer.models.initializers import Constant

shapes = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)


@settings(max_examples=40)
@given(
    shapes,
    st.integers(1, 6),
    st.integers(1, 5),
    st.booleans(),
    st.sampled_from(["float64", "float32"]),
    st.integers(0, 99),
)
def test_equals_pytorch(shape, out_features, batch, bias, dtype, seed):
    def module(torch):
        linear = torch.nn.Linear(math.prod(shape), out_features, bias=bias)
        forward = linear.forward
        linear.forward = lambda x: forward(x.flatten(1))
        return linear

    check_parity(Linear(out_features, bias), module, shape, batch=batch, dtype=dtype, seed=seed)


@settings(max_examples=20)
@given(shapes, st.integers(1, 5), st.integers(1, 4), st.booleans(), st.integers(0, 99))
def test_gradients(shape, out_features, batch, bias, seed):
    check_gradients(Linear(out_features, bias), shape, batch=batch, seed=seed)


def test_declares_its_parameters_in_pytorchs_layout():
    declared = Linear(4, initializer=Constant(2.0)).parameters((3, 2, 2))
    assert {short: p.shape for short, p in declared.items()} == {"weight": (4, 12), "bias": (4,)}
    weight = declared["weight"]
    np.testing.assert_array_equal(weight.initializer(weight.shape, np.random.default_rng(0)), 2.0)
    assert list(Linear(4, bias=False).parameters((3,))) == ["weight"]


def test_counts_multiply_accumulates():
    assert Linear(10).macs((16, 5, 5)) == 4000


def test_refuses_bad_options_and_scalars():
    with pytest.raises(ValueError, match="out_features"):
        Linear(0)
    with pytest.raises(GraphError, match="needs features"):
        Linear(2).output_shape(())
