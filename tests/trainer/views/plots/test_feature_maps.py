"""What layers make of a picture."""

import numpy as np
import pytest

from tests.helpers.figures import assert_readable
from trainer.views.plots.feature_maps import draw, draw_feature_maps
from trainer.views.subject import Subject, UnsuitableError


def test_a_row_for_each_layer_that_makes_maps(convolutional):
    figure = draw(convolutional)
    assert [text.get_text() for text in figure.texts[2:]] == ["input", "", "conv", "4 @ 26×26", "act", "4 @ 26×26"]
    picture, conv, act = (axes.images[0].get_array() for axes in figure.axes)
    assert picture.shape == (28, 28)
    np.testing.assert_allclose(act, np.maximum(conv, 0))  # ReLU
    assert_readable(figure)


def test_another_example(convolutional):
    other = Subject(convolutional.run, example=7)
    assert "test example 7: " in draw(other).texts[1].get_text()
    with pytest.raises(UnsuitableError, match="there are 40 test examples"):
        draw(Subject(convolutional.run, example=40))


def test_of_a_deep_network_some_layers_are_shown():
    maps = {f"stage{k}.block.conv": np.random.default_rng(k).normal(size=(64, 4, 4)) for k in range(50)}
    figure = draw_feature_maps(np.zeros((4, 4, 3)), maps, "resnet on pictures, seed 0", "example 0")
    assert len(figure.axes) == 11
    names = [text.get_text() for text in figure.texts]
    assert {"stage0.block.conv", "stage49.block.conv"} <= {*names}
    assert_readable(figure)


def test_a_perceptron_has_none(digits):
    with pytest.raises(UnsuitableError, match="no layer makes maps"):
        draw(digits)
