"""The errors of this package."""

from trainer.ground.errors import ExportError

__all__ = ["ExportError"]
