"""Losses: what training minimises, with the gradient of the network's output. One file for each family.

List a new loss here, so that editors and type checkers know it too.
"""

from trainer.models.losses.absolute_error import Huber, MeanAbsoluteError
from trainer.models.losses.binary_cross_entropy import BinaryCrossEntropy
from trainer.models.losses.class_weighted import ClassWeighted
from trainer.models.losses.cross_entropy import CrossEntropy
from trainer.models.losses.expression import ExpressionLoss
from trainer.models.losses.focal import Focal
from trainer.models.losses.loss import Loss
from trainer.models.losses.squared_error import HalfSquaredError, MeanSquaredError

__all__ = [
    "BinaryCrossEntropy",
    "ClassWeighted",
    "CrossEntropy",
    "ExpressionLoss",
    "Focal",
    "HalfSquaredError",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
]
