"""Shapes of one example, without the batch axis."""

from __future__ import annotations

from trainer.models.errors import GraphError

Shape = tuple[int, ...]


def format_shape(shape: Shape) -> str:
    """Return ``(16, 3, 3)`` as ``16x3x3``."""
    return "x".join(map(str, shape)) if shape else "scalar"


def require_features(shape: Shape) -> Shape:
    """Return the shape, or raise GraphError if it is a scalar's."""
    if not shape:
        raise GraphError("needs features as its input, got a scalar", "give it a vector or an image")
    return shape


def require_image(shape: Shape) -> Shape:
    """Return the shape, or raise GraphError if it is not ``(C, H, W)``."""
    if len(shape) != 3:
        raise GraphError(f"needs an image CxHxW as its input, got {format_shape(shape)}", "place it before Flatten")
    return shape
