"""Parameters as views of flat arrays: layout, alignment, initial values."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.models import Parameter, ParameterStore
from trainer.models.initializers import Constant, Normal
from trainer.models.parameters import LINE

pytestmark = pytest.mark.parametrize("poison", "0", indirect=True)

shapes = st.lists(st.integers(1, 7), max_size=4).map(tuple)
declarations = st.lists(st.tuples(shapes, st.booleans()), max_size=8).map(
    lambda entries: {
        f"layer{i}.weight": Parameter(shape, Constant(i + 1), trainable) for i, (shape, trainable) in enumerate(entries)
    }
)
dtypes = st.sampled_from(["float32", "float64"])


def filled(declared: dict[str, Parameter], dtype: str = "float32") -> ParameterStore:
    store = ParameterStore(declared, dtype)
    store.initialize(lambda name: np.random.default_rng(0))
    return store


@given(declarations, dtypes)
def test_arrays_are_views_in_order_without_overlap(declared, dtype):
    store = filled(declared, dtype)
    assert list(store) == list(declared)
    assert len(store) == len(declared)
    for trainable, flat in ((True, store.data), (False, store.kept)):
        names = [name for name, parameter in declared.items() if parameter.trainable is trainable]
        starts = [(store[name].ctypes.data - flat.ctypes.data) // flat.itemsize for name in names]
        assert starts == sorted(starts)
        for name, start in zip(names, starts, strict=True):
            assert store[name].shape == declared[name].shape
            assert store[name].dtype == dtype
            assert store[name].ctypes.data % 64 == 0
            assert np.shares_memory(store[name], flat)
            part = flat[start : start + store[name].size]
            np.testing.assert_array_equal(part.reshape(store[name].shape), store[name])
        # Every element is some parameter's, or belongs to a gap and is zero.
        assert flat.sum() == pytest.approx(sum(store[name].sum() for name in names))
        assert flat.size - sum(store[name].size for name in names) < LINE * max(len(names), 1)


@given(declarations, dtypes)
def test_gradients_lie_like_the_learned_parameters(declared, dtype):
    store = filled(declared, dtype)
    assert store.gradients.shape == store.data.shape
    assert store.gradients.dtype == dtype
    assert not store.gradients.any()
    for name, parameter in declared.items():
        if not parameter.trainable:
            with pytest.raises(KeyError):
                store.gradient(name)
            continue
        gradient = store.gradient(name)
        assert gradient.shape == parameter.shape
        offset = store[name].ctypes.data - store.data.ctypes.data
        assert gradient.ctypes.data - store.gradients.ctypes.data == offset


def test_an_update_of_the_flat_array_is_an_update_of_every_parameter():
    store = filled({"fc1.weight": Parameter((2, 3), Constant(1)), "norm.mean": Parameter((3,), Constant(5), False)})
    store.data *= 2
    np.testing.assert_array_equal(store["fc1.weight"], np.full((2, 3), 2))
    np.testing.assert_array_equal(store["norm.mean"], np.full(3, 5))


def test_each_parameter_draws_from_the_stream_of_its_own_name():
    def initialized(*names: str) -> ParameterStore:
        store = ParameterStore({name: Parameter((4, 4), Normal(1.0)) for name in names}, "float64")
        store.initialize(lambda name: np.random.default_rng(list(name.encode())))
        return store

    both, alone = initialized("a.weight", "b.weight"), initialized("b.weight")
    np.testing.assert_array_equal(both["b.weight"], alone["b.weight"])
    assert not np.array_equal(both["a.weight"], both["b.weight"])


def test_memory_can_be_given():
    asked = {}

    def allocate(name: str, size: int, dtype: np.dtype) -> np.ndarray:
        asked[name] = np.full(size, np.nan, dtype)
        return asked[name]

    declared = {"w": Parameter((5, 5), Constant(1)), "mean": Parameter((3,), Constant(2), False)}
    store = ParameterStore(declared, "float64", allocate)
    assert {name: flat.size for name, flat in asked.items()} == {"data": 32, "kept": 16, "gradients": 32}
    assert store.data is asked["data"]
    assert all(math.isfinite(flat.sum()) for flat in asked.values())  # gaps included


@given(declarations, st.data())
def test_segments_say_where_parameters_lie_in_a_part(declared, data):
    store = filled(declared)
    places = st.integers(0, store.data.size)
    first, last = sorted((data.draw(places), data.draw(places)))
    store.data[...] = np.arange(store.data.size)
    segments, part = store.segments(slice(first, last)), store.data[first:last]
    learned = [name for name, parameter in declared.items() if parameter.trainable]
    for name in learned:
        inside = [element for element in store[name].ravel() if first <= element < last]
        found = [segment for segment in segments if segment.name == name]
        assert [element for segment in found for element in part[segment.slice]] == inside
        assert all(segment.shape == store[name].shape for segment in found)
    assert [segment.name for segment in segments] == [name for name in learned if name in {s.name for s in segments}]


@given(declarations, st.data())
def test_parts_that_cut_no_parameter_share_the_arrays(declared, data):
    store = filled(declared)
    places = st.lists(st.integers(0, store.data.size), max_size=3).map(sorted)
    bounds = [0, *data.draw(places), store.data.size]
    parts = [store.uncut(slice(start, stop)) for start, stop in pairwise(bounds)]
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
    assert parts[-1].stop == store.data.size
    for part in parts:
        assert all(s.slice.stop - s.slice.start == math.prod(s.shape) for s in store.segments(part))
