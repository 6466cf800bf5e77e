"""Sizes of sliding windows, against their definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.models.kernels.geometry import Geometry, Window, pair

windows = st.builds(
    Window, st.integers(1, 12), st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.integers(1, 2)
).filter(lambda window: window.outputs > 0)


@given(windows)
def test_a_tap_reads_what_its_definition_says(window):
    for tap in range(window.kernel):
        read = {o: o * window.stride + tap * window.dilation - window.padding for o in range(window.outputs)}
        outputs, inputs = window.valid(tap)
        pairs = zip(range(window.outputs)[outputs], range(window.size)[inputs], strict=True)
        assert dict(pairs) == {output: place for output, place in read.items() if 0 <= place < window.size}


@given(windows)
def test_no_further_output_fits(window):
    last = (window.outputs - 1) * window.stride + window.reach
    padded = window.size + 2 * window.padding
    assert last <= padded < last + window.stride


def test_the_transposed_window_gives_the_inputs_back():
    window = Window(7, 3, padding=1)
    assert (window.transposed.outputs, window.transposed.transposed) == (7, window)


def test_work():
    sizes = Geometry(6, 16, Window(14, 5), Window(14, 5))
    assert (sizes.depth, sizes.macs) == (150, 150 * 16 * 100)


def test_pairs():
    assert pair("stride", 2) == pair("stride", [2, 2]) == (2, 2)


@pytest.mark.parametrize("value", [[1], [1, 2, 3], [1.5, 2]])
def test_what_is_no_pair_is_refused(value):
    with pytest.raises(ValueError, match=r"^stride: .* is neither an integer nor two of them$"):
        pair("stride", value)


@pytest.mark.parametrize(("value", "least"), [(0, 1), ([1, 0], 1), (-1, 0), (True, 1)])
def test_its_numbers_are_in_their_range(value, least):
    with pytest.raises(ValueError, match=rf"^stride: .* is not (in \[{least}, inf\)|a number)$"):
        pair("stride", value, least)
