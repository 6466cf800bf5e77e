"""The numbers of an example depend on seed, name, epoch and index alone, and are random."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.datasets import Draw

N = 20_000
KINDS = {
    "uniform": lambda draw: draw.uniform(-1, 3, size=(2, 3)),
    "integers": lambda draw: draw.integers(7),
    "coin": lambda draw: draw.coin(0.3, size=(4,)),
    "normal": lambda draw: draw.normal(2, 0.5, size=(5,)),
    "normal in float32": lambda draw: draw.normal(2, 0.5, size=(5,), dtype=np.float32),
    "beta": lambda draw: draw.beta(0.3, size=(3,)),
}
KNOWN = [[972, 909, 129], [885, 120, 755]]
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def numbers(seed=0, epoch=0, indices=None, name="flip", count=N):
    return Draw(seed, epoch, np.arange(count) if indices is None else indices).named(name).uniform()


def chi_square(values, cells):
    """How far the counts of values in [0, 1) differ from equal ones, in deviations of what chance makes of that."""
    counts = np.histogramdd(values, bins=cells, range=[(0, 1)] * values.shape[1])[0]
    expected = len(values) / counts.size
    return (np.square(counts - expected).sum() / expected - (counts.size - 1)) / np.sqrt(2 * (counts.size - 1))


@every_kind
@given(picked=st.lists(st.integers(0, 199), max_size=40))
def test_an_example_gets_its_numbers_in_any_batch(kind, picked):
    whole = kind(Draw(3, 5, np.arange(200), "x"))
    part = kind(Draw(3, 5, np.array(picked, np.int64), "x"))
    assert part.tobytes() == whole[picked].tobytes()


@every_kind
@pytest.mark.parametrize("size", range(1, 20))
def test_the_bits_do_not_depend_on_the_size_of_the_batch(kind, size):
    whole = kind(Draw(0, 0, np.arange(190)))
    parts = [kind(Draw(0, 0, np.arange(start, min(start + size, 190)))) for start in range(0, 190, size)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_known_numbers():
    """They are part of what a run means: they never change."""
    draw = Draw(1, 2, np.array([0, 7, 2**40]), "flip")
    np.testing.assert_array_equal(draw.integers(1000), KNOWN[0])
    np.testing.assert_array_equal(draw.integers(1000), KNOWN[1])


def test_splitmix64():
    """The first numbers of the generator seeded with 1234567, as published with it."""
    from trainer.datasets.draw import GAMMA, _mix

    state = np.arange(1, 4, dtype=np.uint64) * np.uint64(GAMMA) + np.uint64(1234567)
    assert _mix(state).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize(
    "values",
    [
        numbers(),
        numbers(seed=2**60),
        numbers(epoch=1000),
        numbers(indices=np.arange(N) * 2**40),
        Draw(0, 0, np.array([5])).uniform(size=(N,))[0],
        np.concatenate([numbers(epoch=epoch, count=20) for epoch in range(N // 20)]),
        np.concatenate([numbers(name=f"name {number}", count=20) for number in range(N // 20)]),
        np.concatenate([numbers(seed=seed, count=20) for seed in range(N // 20)]),
    ],
    ids=["examples", "large seed", "epoch", "sparse indices", "one example's", "epochs", "names", "seeds"],
)
def test_numbers_are_uniform_and_neighbours_independent(values):
    assert abs(chi_square(values[:, None], 100)) < 5
    for distance in (1, 2, 10):
        pairs = np.stack([values[:-distance], values[distance:]], axis=1)
        assert abs(chi_square(pairs, 10)) < 5


@pytest.mark.parametrize(
    "other",
    [{"seed": 1}, {"epoch": 1}, {"name": "crop"}, {"indices": np.arange(N) + N}],
    ids=["seed", "epoch", "name", "indices"],
)
def test_other_seeds_names_epochs_and_indices_are_independent(other):
    pairs = np.stack([numbers(), numbers(**other)], axis=1)
    assert abs(chi_square(pairs, 10)) < 5
    assert not (pairs[:, 0] == pairs[:, 1]).any()


def test_calls_and_elements_are_independent():
    draw = Draw(0, 0, np.arange(N))
    first, second = draw.uniform(), draw.uniform(size=(2,))
    assert abs(chi_square(np.column_stack([first, second]), 5)) < 5


def test_one_name_does_not_change_what_another_gets():
    draw = Draw(0, 0, np.arange(50))
    draw.named("greedy").uniform(size=(100,))
    draw.uniform()
    assert draw.named("flip").uniform().tobytes() == Draw(0, 0, np.arange(50)).named("flip").uniform().tobytes()


def test_distributions():
    draw = Draw(0, 0, np.arange(N))
    uniform = draw.uniform(-2, 5)
    assert uniform.min() >= -2
    assert uniform.max() < 5
    assert uniform.mean() == pytest.approx(1.5, abs=0.1)
    integers = draw.integers(6)
    assert integers.dtype == np.int64
    assert np.bincount(integers) == pytest.approx(N / 6, abs=5 * np.sqrt(N / 6))
    assert draw.coin(0.2).mean() == pytest.approx(0.2, abs=0.015)
    assert not draw.coin(0.0).any()
    assert draw.coin(1.0).all()
    normal = draw.normal(3, 2)
    standard = (normal - 3) / 2
    assert np.isfinite(normal).all()
    assert [np.mean(standard**power) for power in (1, 2, 3, 4)] == pytest.approx([0, 1, 0, 3], abs=0.2)
    for value, below in ((-1, 0.1587), (0, 0.5), (2, 0.9772)):
        assert np.mean(standard < value) == pytest.approx(below, abs=0.02)


@pytest.mark.parametrize(("examples", "size"), [(3, (100, 100)), (700, (5, 9)), (4, ())])
def test_normal_in_float32_is_the_same_in_parts_of_the_batch(monkeypatch, examples, size):
    monkeypatch.setattr("trainer.datasets.draw.BLOCK", 1 << 12)
    one, other = (Draw(0, 0, np.arange(examples)) for _ in range(2))
    for _ in range(2):  # and what is drawn afterwards
        quick, plain = one.normal(3, 2, size, np.float32), other.normal(3, 2, size)
        assert (quick.dtype, quick.shape) == (np.float32, plain.shape)
        np.testing.assert_allclose(quick, plain, rtol=3e-7, atol=3e-6)


@pytest.mark.parametrize("value", [0, 1, 2**29, 2**53 - 1], ids=["0", "smallest", "small", "largest"])
def test_normal_in_float32_of_the_outermost_numbers(monkeypatch, value):
    """Where 1 - u is 1, next to it, and as small as it can be: 8.6 deviations from the mean."""
    monkeypatch.setattr("trainer.datasets.draw._bits", lambda keys, first, count: np.full((1, count), value, np.int64))
    quick, plain = (Draw(0, 0, np.arange(1)).normal(dtype=dtype) for dtype in (np.float32, np.float64))
    np.testing.assert_allclose(quick, plain, rtol=3e-7, atol=3e-6)


@pytest.mark.parametrize("alpha", [1e-3, 0.1, 0.2, 0.5, 1.0, 2.0, 50.0])
def test_beta(alpha):
    """Its moments, and its distribution against NumPy's: how far the two samples differ (Kolmogorov and Smirnov)."""
    values = Draw(0, 0, np.arange(N)).beta(alpha)
    assert values.min() >= 0
    assert values.max() <= 1
    assert values.mean() == pytest.approx(0.5, abs=0.015)
    assert values.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)
    others = np.random.default_rng(0).beta(alpha, alpha, N)
    places = np.linspace(0, 1, 1001)
    shares = [np.searchsorted(np.sort(each), places) / N for each in (values, others)]
    assert np.abs(shares[0] - shares[1]).max() < 0.0195  # exceeded by chance once in a thousand


def test_beta_of_the_outermost_numbers(monkeypatch):
    """u = 0 gives the middle; the largest u, from which the square root of infinity follows, gives an end."""
    given = [np.array([0.0, 1 - 2**-53, 1 - 2**-53]), np.array([0.1, 0.0, 0.5])]
    monkeypatch.setattr(Draw, "_unit", lambda draw, size: given.pop(0))
    np.testing.assert_array_equal(Draw(0, 0, np.arange(3)).beta(1e-3), [0.5, 1, 0])


def test_integers_may_have_a_bound_for_each_example():
    bounds = np.arange(1, 101)
    found = Draw(0, 0, np.arange(100)).integers(bounds)
    assert (found >= 0).all()
    assert (found < bounds).all()


@every_kind
def test_no_examples(kind):
    assert len(kind(Draw(0, 0, np.arange(0)))) == 0
