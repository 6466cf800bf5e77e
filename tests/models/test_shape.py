"""Shapes in messages."""

import pytest

from trainer.models.errors import GraphError
from trainer.models.shape import format_shape, require_features, require_image


def test_format():
    assert [format_shape(shape) for shape in ((), (10,), (16, 3, 3))] == ["scalar", "10", "16x3x3"]


def test_a_scalar_has_no_features():
    assert require_features((10,)) == (10,)
    with pytest.raises(GraphError, match="needs features as its input, got a scalar; give it a vector or an image"):
        require_features(())


def test_images_alone_are_images():
    assert require_image((3, 8, 8)) == (3, 8, 8)
    with pytest.raises(GraphError, match="needs an image CxHxW as its input, got 10; place it before Flatten"):
        require_image((10,))
