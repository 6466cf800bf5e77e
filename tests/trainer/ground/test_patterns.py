"""Names chosen by patterns."""

import pytest

from trainer.ground.patterns import select

NAMES = ("conv1.weight", "conv1.bias", "conv2.weight", "norm1.weight", "norm1.bias")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("conv1.bias", ["conv1.bias"]),
        ("*.bias", ["conv1.bias", "norm1.bias"]),
        ("conv?.weight", ["conv1.weight", "conv2.weight"]),
        ("conv[13-9].*", ["conv1.weight", "conv1.bias"]),
        ("*", [*NAMES]),
    ],
)
def test_patterns_match_whole_names_in_order(pattern, found):
    assert select(pattern, iter(NAMES), "parameter") == found


@pytest.mark.parametrize("pattern", ["conv1", "bias", "Conv1.bias", "conv1.bia"])
def test_what_matches_nothing_is_told_with_the_nearest(pattern):
    with pytest.raises(ValueError, match=f"^'{pattern}' matches no parameter; the nearest is '.*'$"):
        select(pattern, NAMES, "parameter")


def test_the_nearest_is_the_most_alike():
    with pytest.raises(ValueError, match=r"nearest is 'norm1\.weight'"):
        select("nrm1.wieght", NAMES, "parameter")


def test_there_is_no_nearest_of_nothing():
    with pytest.raises(ValueError, match=r"^'\*' matches no node$"):
        select("*", [], "node")
