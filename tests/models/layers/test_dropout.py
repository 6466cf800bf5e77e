"""Dropout."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.gradients import check_gradients
from tests.helpers.layers import SingleLayer
from trainer.models import Dropout

shapes = st.one_of(st.tuples(st.integers(1, 9)), st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)))


@settings(max_examples=25)
@given(shapes, st.integers(1, 5), st.floats(0, 0.9), st.booleans(), st.integers(0, 99))
def test_gradients(shape, batch, p, training, seed):
    check_gradients(Dropout(p), shape, batch=batch, training=training, seed=seed)


@settings(max_examples=20)
@given(shapes, st.floats(0, 0.9), st.sampled_from(["float64", "float32"]))
def test_every_element_is_zero_or_grown(shape, p, dtype):
    dropout = SingleLayer(Dropout(p), shape, dtype=dtype)
    x = dropout.inputs(4)[0]
    y = dropout.forward(x)
    assert y.dtype == dtype
    kept = y != 0
    np.testing.assert_allclose(y[kept], x[kept] / (1 - p), rtol=1e-6)
    dy = dropout.output_gradient(4)
    np.testing.assert_allclose(dropout.backward(dy)[0], np.where(kept, dy / (1 - p), 0), rtol=1e-5)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_the_share_of_zeros_and_the_mean(p):
    dropout = SingleLayer(Dropout(p), (1000,))
    y = dropout.forward(np.ones((1000, 100)))
    assert abs((y == 0).mean() - p) < 0.01
    assert abs(y.mean() - 1) < 0.05


def test_identity_outside_training():
    dropout = SingleLayer(Dropout(0.5), (7,))
    x, dy = dropout.inputs(4)[0], dropout.output_gradient(4)
    np.testing.assert_array_equal(dropout.forward(x, training=False), x)
    np.testing.assert_array_equal(dropout.backward(dy)[0], dy)


@settings(max_examples=40)
@given(shapes, st.lists(st.integers(1, 6), min_size=2, max_size=4), st.integers(0, 99))
def test_the_mask_does_not_depend_on_the_shards(shape, sizes, seed):
    """Over two steps: every shard's stream ends each step at the same place."""
    batch = sum(sizes)
    x = np.ones((*shape, batch))

    def masks(start, size):
        dropout = SingleLayer(Dropout(0.5), shape, seed=seed)
        first = dropout.forward(x[..., :size], batch=batch, offset=start).copy()
        stream = dropout.workspace.generators["layer"]
        dropout.workspace.generators = _Kept({"layer": stream})
        second = dropout.forward(x[..., :size], batch=batch, offset=start).copy()
        return first, second, stream.bit_generator.state["state"]

    first, second, state = masks(0, batch)
    parts = [masks(sum(sizes[:rank]), size) for rank, size in enumerate(sizes)]
    np.testing.assert_array_equal(np.concatenate([part[0] for part in parts], axis=-1), first)
    np.testing.assert_array_equal(np.concatenate([part[1] for part in parts], axis=-1), second)
    assert all(part[2] == state for part in parts)


class _Kept(dict):
    """Streams that go on from one step to the next."""

    def clear(self):
        return


def test_steps_draw_different_masks():
    dropout = SingleLayer(Dropout(0.5), (100,))
    x = np.ones((100, 3))
    first = dropout.forward(x).copy()
    dropout.workspace.generators = _Kept(dropout.workspace.generators)
    assert (dropout.forward(x) != first).any()


def test_the_mask_is_the_same_in_both_precisions():
    x = np.ones((31, 5))
    single, double = (SingleLayer(Dropout(0.3), (31,), dtype=dtype) for dtype in ("float32", "float64"))
    np.testing.assert_array_equal(single.forward(x.astype("float32")) == 0, double.forward(x) == 0)


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, float("nan")])
def test_refuses_bad_probabilities(p):
    with pytest.raises(ValueError, match=r"p: .* is not in"):
        Dropout(p)
