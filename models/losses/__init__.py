"""Losses: what training minimises, with the gradient by the network's output. One file a family."""

from trainer.models.discovery import export
from trainer.models.losses.loss import Loss

__all__ = export(globals(), Loss)
