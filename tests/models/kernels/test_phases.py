"""Lines in phases and back, element by element."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trainer.models.kernels.phases import join, split


@given(
    st.integers(1, 5), st.integers(0, 4), st.integers(1, 13), st.integers(0, 2), st.integers(1, 3), st.integers(0, 99)
)
def test_every_column_has_its_slot(m, offset, width, spare, n, seed):
    lines = np.random.default_rng(seed).normal(size=(3, 2, width, n)).astype(np.float32).transpose(1, 0, 2, 3)
    slots = -(-(offset + width) // m) + spare
    phases = np.full((m, 2, 3, slots, n), np.nan, np.float32)
    for copy in split(lines, phases, offset):
        copy()
    expected = np.full_like(phases, np.nan)
    for column in range(width):
        slot, phase = divmod(column + offset, m)
        expected[phase, :, :, slot] = lines[:, :, column]
    np.testing.assert_array_equal(phases, expected)
    back = np.empty((2, 3, width + 1, n), np.float32)[:, :, :width]
    for copy in join(phases, back, offset):
        copy()
    np.testing.assert_array_equal(back, lines)
