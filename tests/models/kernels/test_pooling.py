"""Windows of pooling: which there are, and what they hold. The layers' tests compare the sums and maxima."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.models.kernels.pooling import PoolWindow, Windows

axes = st.builds(
    PoolWindow, st.integers(2, 9), st.integers(1, 4), st.integers(1, 4), st.integers(0, 1), ceil_mode=st.booleans()
).filter(lambda axis: axis.outputs > 0 and 2 * axis.padding <= axis.kernel)


def places(axis):
    """The inputs that each window holds."""
    starts = [output * axis.stride - axis.padding for output in range(axis.outputs)]
    return [[p for p in range(start, start + axis.kernel) if 0 <= p < axis.size] for start in starts]


@given(axes)
def test_windows_are_what_they_say(axis):
    held = places(axis)
    np.testing.assert_array_equal(axis.counts(include_padding=False), [len(each) for each in held])
    together = [place for each in held for place in each]
    if axis.disjoint:
        assert len(set(together)) == len(together)
    if axis.covering:
        assert set(together) == set(range(axis.size))
    if axis.inside:
        assert {len(each) for each in held} == {axis.kernel}


@pytest.mark.parametrize(("ceil_mode", "outputs"), [(False, 2), (True, 3)])
def test_ceil_mode_keeps_a_last_window(ceil_mode, outputs):
    assert PoolWindow(5, 2, 2, ceil_mode=ceil_mode).outputs == outputs


def test_weights_are_one_number_where_all_windows_are_alike():
    even, odd = PoolWindow(4, 2, 2), PoolWindow(5, 2, 2, ceil_mode=True)
    assert Windows(even, even).weights(True, "float32") == 0.25
    np.testing.assert_array_equal(Windows(even, odd).weights(True, "float32")[0, :, 0], [0.25, 0.25, 0.5])
