"""Where arrays lie: on cache lines, apart from each other, and shared only where that is meant."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.models.errors import PoisonError
from trainer.models.kernels.memory import Layout
from trainer.models.memory import BLOCK, HUGE_PAGE, Arena, GradientPool, Memory, aligned_empty


@given(st.integers(1, 1000), st.sampled_from(["float32", "float64", "uint8", "bool"]))
def test_arrays_begin_on_a_cache_line(size, dtype):
    arena = Arena()
    arrays = [arena.empty(size, dtype), arena.empty(size, dtype), aligned_empty(size, dtype)]
    for array in arrays:
        assert array.shape == (size,)
        assert array.dtype == dtype
        assert array.ctypes.data % 64 == 0
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(arrays, 2))


def test_an_arena_has_room_for_any_size():
    arena = Arena()
    small, large, after = (arena.empty(size, np.uint8) for size in (1, 2 * BLOCK, BLOCK))
    assert [len(each) for each in (small, large, after)] == [1, 2 * BLOCK, BLOCK]
    assert large.ctypes.data % HUGE_PAGE == 0
    assert arena.empty(0, np.float64).size == 0


def test_filled():
    np.testing.assert_array_equal(Arena().filled((2, 3), np.float32, 7), np.full((2, 3), 7, np.float32))


def test_memory_is_shared_between_sizes_and_separate_between_keys():
    memory = Memory(Arena())
    large = memory.view("a", (4, 5), np.float32)
    small = memory.view("a", (4, 3), np.float32)
    assert np.shares_memory(large, small)
    assert not np.shares_memory(large, memory.view("b", (4, 3), np.float32))
    assert not np.shares_memory(large, memory.view("a", (4, 3), np.int32))  # another type, another store
    assert memory.view("a", (4, 6), np.float32).shape == (4, 6)


BORDERED = Layout.of((2, 5), (slice(None), slice(1, 4)))


@pytest.mark.parametrize(
    "other",
    [
        Layout.of((2, 5), (slice(None), slice(2, 4))),  # one element of the border more
        Layout.of((2, 5), (slice(0, 1), slice(1, 4))),
        Layout.of((5, 2), (slice(1, 4),)),  # as many elements, in another shape
        Layout.of((2, 5), (slice(None), slice(1, 4)), gap=3),
    ],
)
def test_zeros_are_shared_by_whole_layouts(other):
    memory = Memory(Arena())
    zeros = memory.zeros("padded", BORDERED, np.float32)
    zeros[:, 1:4] = 3
    assert memory.zeros("padded", Layout.of((2, 5), (slice(0, 2), slice(1, -1))), np.float32) is zeros
    for separate in (
        memory.zeros("padded", other, np.float32),
        memory.zeros("padded", BORDERED, np.float64),
        memory.zeros("other", BORDERED, np.float32),
    ):
        assert not separate.any()
        assert not np.shares_memory(separate, zeros)


def test_a_gap_parts_the_arrays_of_the_first_axis():
    zeros = Memory(Arena()).zeros("apart", Layout.of((3, 2, 5), gap=4), np.float32)
    assert zeros.shape == (3, 2, 5)
    assert zeros.strides == (14 * 4, 5 * 4, 4)


def test_spoiled_memory_is_nan_but_for_its_zeros():
    memory = Memory(Arena())
    whole, mask = memory.view("a", (2, 3), np.float32), memory.view("b", (4,), bool)
    outgrown, numbers = whole, memory.view("c", (2,), np.int64)
    memory.view("a", (4, 3), np.float32)
    zeros = memory.zeros("padded", BORDERED, np.float32)
    memory.spoil()
    assert np.isnan(outgrown).all()
    assert mask.all()
    assert (numbers == -1).all()
    np.testing.assert_array_equal(zeros, [[0, np.nan, np.nan, np.nan, 0]] * 2)


def test_new_memory_is_spoiled_in_the_poisoned_mode():
    memory, pool = Memory(Arena(), poisoned=True), GradientPool(Arena(), poisoned=True)
    assert np.isnan(memory.view("a", (2, 3), np.float32)).all()
    assert np.isnan(pool.take((2, 3), np.float32, [])).all()
    np.testing.assert_array_equal(memory.zeros("padded", BORDERED, np.float32), [[0, np.nan, np.nan, np.nan, 0]] * 2)


def test_a_border_that_was_written_to_is_found():
    memory = Memory(Arena())
    memory.zeros("padded", BORDERED, np.float32)[1, 4] = 1e-30
    with pytest.raises(PoisonError, match="padded: memory that must stay zero was written to"):
        memory.spoil()


def test_the_pool_gives_away_no_buffer_that_a_gradient_lies_in():
    pool = GradientPool(Arena())
    first = pool.take((4, 8), np.float32, [])
    second = pool.take((4, 8), np.float32, [first[1:3]])  # a view of it
    assert not np.shares_memory(first, second)
    third = pool.take((4, 8), np.float32, [second])
    assert np.shares_memory(third, first)
    assert not any(np.shares_memory(pool.take((2, 2), np.float32, [first, second]), other) for other in (first, second))
    assert not np.shares_memory(pool.take((4, 8), np.float64, []), first)  # another type, another store
    pool.spoil([second])
    assert np.isnan(first).all()


def test_the_pool_takes_the_smallest_buffer_that_fits():
    pool = GradientPool(Arena())
    small = pool.take((10,), np.float32, [])
    large = pool.take((100,), np.float32, [small])
    assert np.shares_memory(pool.take((9,), np.float32, []), small)
    assert np.shares_memory(pool.take((9,), np.float32, [small]), large)
