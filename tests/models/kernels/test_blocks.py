"""Blocks cover all channels, each once."""

import numpy as np
import pytest

from models.kernels import blocks
from models.kernels.blocks import channel_blocks, column


@pytest.mark.parametrize(("channels", "expected"), [(1, [1]), (2, [2]), (5, [2, 2, 1]), (0, [])])
def test_blocks_are_about_as_large_as_wanted(channels, expected):
    x = np.empty((channels, 3, blocks.BLOCK_BYTES // 2 // 3 // 4), np.float32)
    found = channel_blocks(x)
    assert [part.stop - part.start for part in found] == expected
    assert [i for part in found for i in range(channels)[part]] == list(range(channels))


def test_a_channel_larger_than_a_block_is_one():
    assert len(channel_blocks(np.empty((3, blocks.BLOCK_BYTES), np.float32))) == 3


def test_a_column_meets_every_channel():
    x = np.ones((2, 3, 4, 5))
    assert (x * column(np.array([2.0, 3.0])) == np.array([2.0, 3.0])[:, None, None, None]).all()
    assert column(np.ones(2), 2).shape == (2, 1)
