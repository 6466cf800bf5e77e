"""What a network is: layers, the graph they form, losses, initial values.

Every layer that ``models/layers/__init__.py`` lists is exported here too, so that a configuration can say
``_target_: models.Conv2d``.
"""

if __name__ == "models":  # reached from the checkout's own folder: a second copy, whose classes are not the engine's
    raise ImportError("this is the package trainer.models; write `from trainer import models`")

from trainer.models import initializers, layers, losses
from trainer.models.builder import Composite, GraphBuilder, build
from trainer.models.context import Context, Step
from trainer.models.errors import GraphError
from trainer.models.fusion import fuse
from trainer.models.graph import Graph
from trainer.models.layer import Layer, Parameter
from trainer.models.layers import *  # noqa: F403  models.Conv2d and all others
from trainer.models.node import Input
from trainer.models.parameters import ParameterStore, Segment
from trainer.models.workspace import Workspace

__all__ = [
    "Composite",
    "Context",
    "Graph",
    "GraphBuilder",
    "GraphError",
    "Input",
    "Layer",
    "Parameter",
    "ParameterStore",
    "Segment",
    "Step",
    "Workspace",
    "build",
    "fuse",
    "initializers",
    "losses",
]
__all__ += layers.__all__
