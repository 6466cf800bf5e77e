"""Sums and barriers, between threads instead of processes."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.engine.processes import communicator
from trainer.engine.processes.communicator import AREA, Barrier, SharedMemoryCommunicator, share
from trainer.engine.processes.memory import SharedMemory


def never():
    """A check that finds everybody alive."""


def together(size, work, gradients=0):
    """The results of `work(communicator)` for each of `size` workers."""
    layout = SharedMemoryCommunicator.layout(size) | {str(rank): ((gradients,), "<f8") for rank in range(size)}
    arrays = SharedMemory().map(layout)
    each = [arrays[str(rank)] for rank in range(size)]
    shards = [SharedMemoryCommunicator(rank, size, arrays, each, never) for rank in range(size)]
    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(lambda shard: work(shard, each), shards))


@given(count=st.integers(0, 1000), size=st.integers(1, 9), unit=st.sampled_from([1, 16]))
def test_shares_are_contiguous_and_even(count, size, unit):
    parts = [share(count, rank, size, unit) for rank in range(size)]
    assert [i for part in parts for i in range(part.start, part.stop)] == list(range(count))
    assert all(part.start % unit == 0 or part.start == count for part in parts)
    lengths = [part.stop - part.start for part in parts]
    assert max(lengths) - min(lengths) < 2 * unit


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 100, AREA // 4 + 5])
def test_sum(size, count):
    def work(shard, _):
        shard.part(size)
        values = [np.arange(count, dtype=np.float32) + shard.rank, np.full((2, 3), 10.0**shard.rank)]
        return [shard.sum(value) for value in values]

    for first, second in together(size, work):
        np.testing.assert_array_equal(first, size * np.arange(count) + sum(range(size)))
        np.testing.assert_array_equal(second, np.full((2, 3), sum(10.0**rank for rank in range(size))))


def test_sums_are_the_same_bits_for_all():
    def work(shard, _):
        shard.part(3)
        values = np.random.default_rng(shard.rank).standard_normal(1000).astype(np.float32)
        return np.array([shard.sum(values).copy() for _ in range(20)])

    first, *others = together(3, work)
    for other in others:
        np.testing.assert_array_equal(first, other)


def test_sum_needs_contiguous_values():
    def work(shard, _):
        with pytest.raises(ValueError, match="copy"):
            shard.sum(np.zeros((4, 4)).T[1:])

    together(2, work)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_reduce(size):
    """Together the workers' parts hold the sum of all gradients."""

    def work(shard, gradients):
        shard.part(size)
        gradients[shard.rank][...] = np.arange(100) * 10.0**shard.rank
        mine = shard.reduce(gradients[shard.rank])
        return mine, gradients[shard.rank][mine].copy()

    total = np.zeros(100)
    for mine, values in together(size, work, gradients=100):
        total[mine] += values
    np.testing.assert_array_equal(total, np.arange(100) * sum(10.0**rank for rank in range(size)))


def test_a_tiny_batch_is_done_by_everybody_as_a_whole():
    def work(shard, gradients):
        part = shard.part(2)
        gradients[shard.rank][...] = 7
        mine = shard.reduce(gradients[shard.rank])
        values = [exchange(np.ones(1)).item() for exchange in (shard.sum, shard.total, shard.sum)]
        return part, values, gradients[shard.rank][mine].tolist()

    for part, values, mine in together(3, work, gradients=48):
        assert (part, values, mine) == (slice(0, 2), [1, 3, 1], [7] * 16)


@pytest.mark.parametrize(("batches", "waits"), [(1, 3), (3, 7)])
def test_how_often_workers_wait_in_a_step(batches, waits):
    """For each batch until all have their gradients, and, but for the first, until all have read the last ones; then
    for the total and for the parameters. Statistics that are kept cost nothing.
    """

    def work(shard, gradients):
        counts = []
        wait, shard.barrier = shard.barrier, lambda: (counts.append(1), wait())
        for _ in range(2):
            for _ in range(batches):
                shard.part(4)
                shard.before_backward()
                shard.reduce(gradients[shard.rank])
            shard.publish_kept(np.zeros(3))
            shard.total(np.zeros(1))
            shard.publish(np.zeros(48))
        return len(counts)

    assert together(2, work, gradients=48) == [2 * waits] * 2


def test_gradients_are_not_written_before_all_have_read_them():
    """They are large, so that a worker that ran ahead would write while the other reads."""
    batches, size = 30, 1 << 20

    def work(shard, gradients):
        own, sums = gradients[shard.rank], []
        for batch in range(batches):
            shard.part(2)
            shard.before_backward()
            own[...] = 10**shard.rank * (batch + 1)
            mine = shard.reduce(own)
            sums.append({own[mine].min(), own[mine].max()})
        return sums

    for sums in together(2, work, gradients=size):
        assert sums == [{11 * (batch + 1)} for batch in range(batches)]


def test_waiting_checks_the_others(monkeypatch):
    monkeypatch.setattr(communicator, "YIELDS", 10)

    def check():
        raise EOFError

    with pytest.raises(EOFError):
        Barrier(np.zeros(64, np.int64), 0, 2, check)()


def test_barrier_with_fences(monkeypatch):
    """As on processors that reorder memory accesses."""
    monkeypatch.setattr(communicator, "fence", communicator.full_fence)

    def work(shard, _):
        shard.part(2)
        return [shard.sum(np.array([float(i)])).item() for i in range(100)]

    assert together(2, work) == [[2.0 * i for i in range(100)]] * 2
