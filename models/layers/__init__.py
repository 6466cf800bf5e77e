"""The layers, one file a family."""

from models.builder import Composite
from models.discovery import export
from models.layer import Layer

__all__ = export(globals(), Layer, Composite)
