"""The weights of the first layer, and a quick picture of them."""

from __future__ import annotations

import math

import numpy as np

from trainer.models import Graph
from trainer.views.mosaic import mosaic
from trainer.views.style import HEAT, PAPER, WRONG

MOST, ACROSS = 32, 8
WIDTH = 384  # pixels, at least
RAMP = (*WRONG[:0:-1], PAPER, *HEAT[1:])  # from the most negative weight to the most positive one


def first(graph: Graph) -> tuple[str, tuple[int, ...]] | None:
    """Return the full name of the first layer's weight, and the shape of one of its filters (C, H, W).

    None where it does not look at pictures.
    """
    for node in graph.nodes:
        if (name := node.parameters.get("weight")) is None:
            continue
        shape = graph.parameters[name].shape
        if len(shape) == 4 and max(shape[2:]) > 1:
            return name, shape[1:]
        given = graph.input_shapes[0]
        if len(shape) == 2 and len(given) == 3 and shape[1] == math.prod(given):
            return name, given
    return None


def picture(filters: np.ndarray) -> np.ndarray:
    """Return filters (N, C, H, W) side by side, (height, width, 3) uint8: blue is positive, orange negative.

    They have one scale; of several channels it is their mean. The picture is enlarged by a whole factor.
    """
    shown = mosaic(filters[:MOST].mean(axis=1), ACROSS)
    largest = max(1e-12, float(np.nanmax(np.abs(shown))))
    levels = np.linspace(-largest, largest, len(RAMP))
    colours = np.array([[*bytes.fromhex(colour[1:])] for colour in RAMP])
    drawn = np.stack([np.interp(np.nan_to_num(shown), levels, channel) for channel in colours.T], axis=-1)
    factor = -(-WIDTH // drawn.shape[1])
    return np.rint(drawn).astype(np.uint8).repeat(factor, axis=0).repeat(factor, axis=1)
