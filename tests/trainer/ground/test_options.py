"""Range checks of options."""

import numpy as np
import pytest

from trainer.ground.options import check_range, out_of_range


@pytest.mark.parametrize(
    ("value", "interval"),
    [
        *((0, "[0, 1)"), (1, "[0, 1]"), (0.5, "(0, 1)"), (1e9, "(0, inf)")),
        *((np.float64(0.5), "[0, 1]"), (np.int64(3), "[1, inf)")),
    ],
)
def test_values_inside_pass(value, interval):
    check_range("p", value, interval)


@pytest.mark.parametrize(
    ("value", "interval", "message"),
    [
        (1, "[0, 1)", r"^p: 1 is not in \[0, 1\)$"),
        (0, "(0, 1]", r"^p: 0 is not in \(0, 1\]$"),
        (float("inf"), "[0, inf)", "^p: inf is not in"),
        (float("nan"), "[0, inf)", "^p: nan is not in"),
        ("0.5", "[0, 1]", "^p: '0.5' is not a number$"),
        (None, "[0, 1]", "^p: None is not a number$"),
        (True, "[0, 1]", "^p: True is not a number$"),
    ],
)
def test_values_outside_are_named(value, interval, message):
    with pytest.raises(ValueError, match=message):
        check_range("p", value, interval)


def test_a_remedy_comes_last():
    with pytest.raises(ValueError, match=r"^p: 2 is not in \[0, 1\]; leave it out$"):
        check_range("p", 2, "[0, 1]", "leave it out")
    assert out_of_range(1, "[0, 1]") == ""
