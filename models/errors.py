"""The errors of this package."""

from trainer.ground.errors import GraphError

__all__ = ["GraphError", "PoisonError"]


class PoisonError(Exception):
    """A layer or kernel has written to memory that must not change; found by the poisoned mode."""
