"""The kinds of things in a case, for statistics."""

from __future__ import annotations

from tests.helpers.kernels import PoisonedMemory
from tests.random_networks.case import Case
from tests.random_networks.engine import winograd_everywhere
from tests.random_networks.stack import make
from trainer import models
from trainer.models.kernels.convolution import convolution
from trainer.models.kernels.geometry import Geometry
from trainer.models.node import Node

GROUPS = ("Residual", "Repeat", "Sequential")


def kinds(case: Case) -> set[str]:
    """Return the types of its layers, groups and convolution kernels, and how it is run."""
    text, graph = case.to_yaml(), models.build(case.layers, case.shape, make)
    found = set(case.how.split(", "))
    found |= {group for group in GROUPS if f"models.{group}," in text or f"models.{group}\n" in text}
    found |= {"shared parameters"} if "shared_with" in text else set()
    with winograd_everywhere(case.winograd):
        for node in graph.nodes:
            found.add(type(node.layer).__name__)
            if isinstance(node.layer, models.Conv2d):
                found.add(_kernel(node))
    return found


def _kernel(node: Node) -> str:
    (channels, *size), layer = node.input_shapes[0], node.layer
    geometry = Geometry(channels, layer.out_channels, *layer.windows(*size))
    return type(convolution(geometry, 1, PoisonedMemory())).__name__
