"""Losses: what training minimises, with the gradient by the network's output. One file a family."""

from models.discovery import export
from models.losses.loss import Loss

__all__ = export(globals(), Loss)
