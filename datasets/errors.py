"""The errors of this package."""

from trainer.ground.errors import DataError

__all__ = ["DataError"]
