"""How much examples count."""

import numpy as np
import pytest

from trainer.datasets import DataError, Examples
from trainer.datasets.source import WEIGHT
from trainer.datasets.weights import check_weights


def examples(weights):
    return Examples({"input": np.zeros((3, 2)), WEIGHT: np.array(weights)}, np.zeros(3))


def test_weights_that_can_be_used():
    check_weights(examples([0.0, 1.5, 2.0]))
    check_weights(Examples(np.zeros((3, 2)), np.zeros(3)))


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_a_weight_that_cannot_is_named_with_its_example(wrong):
    with pytest.raises(DataError, match=f"^the weight of training example 1 is {wrong:g}; give finite weights of at"):
        check_weights(examples([1.0, wrong, wrong]))
