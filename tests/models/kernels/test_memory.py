"""Layouts: what is written in a zeroed array, and so which arrays may be one."""

import numpy as np

from trainer.models.kernels.memory import Layout


def test_what_is_written():
    layout = Layout.of((2, 6), (0, slice(1, None, 2)), (slice(None), slice(0, 0)), (slice(1, 2),))
    array = np.zeros((2, 6))
    for number, box in enumerate(layout.boxes(array), 1):
        box[...] = number
    np.testing.assert_array_equal(array, [[0, 1, 0, 1, 0, 1], [3, 3, 3, 3, 3, 3]])


def test_layouts_that_write_to_the_same_places_are_equal():
    layout = Layout.of((3, 4), (slice(None), slice(1, 3)))
    assert layout == Layout.of((3, 4), (slice(0, 3), slice(1, -1)))
    assert hash(layout) == hash(Layout.of((3, 4), (slice(0, 3), slice(1, -1))))
    for other in (((3, 4), slice(0, 3)), ((4, 3), slice(1, 3))):
        assert layout != Layout.of(other[0], (slice(None), other[1]))
    assert layout != Layout.of((3, 4), (slice(None), slice(1, 3)), gap=1)
