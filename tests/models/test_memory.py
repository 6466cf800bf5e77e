"""Where arrays lie: on cache lines, apart from each other, and shared only where that is meant."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.memory import BLOCK, HUGE_PAGE, Arena, GradientPool, Memory, aligned_empty


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
    other = memory.view("b", (4, 3), np.float32)
    assert np.shares_memory(large, small)
    assert not np.shares_memory(large, other)
    assert memory.nbytes == (20 + 12) * 4
    assert memory.view("a", (4, 6), np.float32).shape == (4, 6)


def test_the_pool_gives_away_no_buffer_twice():
    pool = GradientPool(Arena())
    first, second = pool.take((4, 8), np.float32), pool.take((4, 8), np.float32)
    assert not np.shares_memory(first, second)
    pool.release_all_but([second[1:3]])  # a view of a gradient still waiting keeps its buffer
    third, fourth = pool.take((4, 8), np.float32), pool.take((2, 2), np.float32)
    assert np.shares_memory(third, first)
    assert not any(np.shares_memory(fourth, other) for other in (first, second))
    pool.release_all_but([])
    assert not np.shares_memory(pool.take((4, 8), np.float64), second)  # another dtype, another store


def test_the_pool_takes_the_smallest_buffer_that_fits():
    pool = GradientPool(Arena())
    small, large = pool.take((10,), np.float32), pool.take((100,), np.float32)
    pool.release_all_but([])
    assert np.shares_memory(pool.take((9,), np.float32), small)
    assert np.shares_memory(pool.take((9,), np.float32), large)
