"""Named streams: the same everywhere, each apart from the others."""

import numpy as np

from trainer.ground.streams import stream


def test_the_numbers_of_a_name_never_change():
    """Runs made long ago, and on other machines, are resumed with them."""
    assert stream(0, "init fc1.weight").integers(0, 1000, 4).tolist() == [273, 738, 164, 489]
    assert stream(7, "shuffle 3").integers(0, 1000, 4).tolist() == [321, 89, 762, 269]


def test_other_names_and_other_seeds_have_other_numbers():
    first = {tuple(stream(seed, name).random(3)) for seed in range(5) for name in ("split", "shuffle 1", "shuffle 2")}
    assert len(first) == 15


def test_one_stream_does_not_move_another():
    untouched = stream(0, "split").random(4)
    one, other = stream(0, "split"), stream(0, "shuffle 0")
    other.random(100)
    np.testing.assert_array_equal(one.random(4), untouched)
