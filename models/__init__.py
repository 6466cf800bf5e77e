"""What a network is: layers, the graph they form, losses, initial values.

Every public layer of ``models/layers`` is exported here under its name, so that a configuration can say
``_target_: models.Conv2d``; a new file there needs no entry anywhere.
"""

from models import initializers, layers, losses
from models.builder import Composite, GraphBuilder, build
from models.errors import GraphError
from models.fusion import fuse
from models.graph import Graph
from models.layer import Layer, Parameter
from models.layers import *  # noqa: F403  models.Conv2d and all others
from models.parameters import ParameterStore
from models.workspace import Context, Step, Workspace

__all__ = [
    "Composite",
    "Context",
    "Graph",
    "GraphBuilder",
    "GraphError",
    "Layer",
    "Parameter",
    "ParameterStore",
    "Step",
    "Workspace",
    "build",
    "fuse",
    "initializers",
    "losses",
    *layers.__all__,
]
