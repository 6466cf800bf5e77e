"""Flatten."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.gradients import check_gradients
from tests.helpers.layers import SingleLayer
from tests.helpers.parity import check_parity
from trainer.models import Flatten

shapes = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)


@settings(max_examples=20)
@given(shapes, st.integers(1, 4), st.sampled_from(["float64", "float32"]))
def test_flatten(shape, batch, dtype):
    check_parity(Flatten(), lambda torch: torch.nn.Flatten(), shape, batch=batch, dtype=dtype)
    check_gradients(Flatten(), shape, batch=batch)


def test_nothing_is_copied():
    flatten = SingleLayer(Flatten(), (2, 3, 4))
    x = flatten.inputs(5)[0]
    assert np.shares_memory(flatten.forward(x), x)
