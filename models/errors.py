"""The errors of this package."""

from trainer.ground.errors import GraphError

__all__ = ["GraphError", "PoisonError"]


class PoisonError(Exception):
    """The poisoned mode found memory written to that must stay as it is: a fault of a layer or kernel."""
