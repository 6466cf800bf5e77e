"""The layers, one file a family."""

from trainer.models.builder import Composite
from trainer.models.discovery import export
from trainer.models.layer import Layer

__all__ = export(globals(), Layer, Composite)
