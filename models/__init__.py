"""What a network is: layers, the graph they form, losses, initial values.

Every public layer of ``models/layers`` is exported here under its name, so that a configuration can say
``_target_: models.Conv2d``; a new file there needs no entry anywhere.
"""

from importlib import import_module
from pkgutil import iter_modules

from models import initializers, layers, losses
from models.builder import Composite, GraphBuilder, build
from models.errors import GraphError
from models.fusion import fuse
from models.graph import Graph
from models.layer import Layer, Parameter
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
]

for _module in iter_modules(layers.__path__, "models.layers."):
    for _name, _class in vars(import_module(_module.name)).items():
        own = isinstance(_class, type) and _class.__module__ == _module.name
        if own and issubclass(_class, (Layer, Composite)) and not _name.startswith("_"):
            globals()[_name] = _class
            __all__.append(_name)
