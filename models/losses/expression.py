"""A formula as a loss."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np

from trainer.models.autograd import Variable, grad
from trainer.models.autograd.formula import Formula
from trainer.models.autograd.variable import recording
from trainer.models.context import Context
from trainer.models.losses.loss import NO_LOGITS_OF_CLASSES, NO_LOGITS_OF_LABELS, Loss, vectors

SQUASHED = {"softmax": NO_LOGITS_OF_CLASSES, "sigmoid": NO_LOGITS_OF_LABELS}


class ExpressionLoss(Loss):
    """A loss written as a formula, such as ``0.5 * (y - t)**2``, differentiated by autograd.

    The loss of an example is the formula's value, summed over the outputs; the loss of a batch is the mean over
    its examples. See :class:`models.autograd.formula.Formula` for what a formula may contain: ``mean((y - t)**2)`` is
    the mean squared error, ``-t * log_softmax(y)`` the cross-entropy.

    Args:
        formula: An expression of the outputs ``y`` and the targets ``t``; labels become one-hot vectors.

    Raises:
        ValueError: The formula is not allowed.
    """

    def __init__(self, formula: str) -> None:
        self.formula = Formula(formula, ("y", "t"))
        for activation, refused in SQUASHED.items():
            if re.search(rf"\b(log_)?{activation}\(\s*y\s*\)", formula):
                self.activation, self.refused = activation, refused

    def declaration(self) -> dict[str, str]:
        """Return the constructor's arguments."""
        return {"formula": self.formula.text}

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        record = ctx.once("record", SimpleNamespace)
        record.__dict__.clear()
        record.y, record.t = Variable(outputs.T), Variable(vectors(ctx, outputs, targets).T)
        # Outside training no intermediate results are kept; a backward would compute them again.
        with np.errstate(all="ignore"), recording(ctx.training):  # an infinite loss is reported elsewhere
            loss = self.formula(y=record.y, t=record.t)
        record.loss = loss if ctx.training else None
        return float(loss.data.sum(dtype=np.float64))

    def backward(self, ctx: Context) -> np.ndarray:
        record = ctx.once("record", SimpleNamespace)
        with np.errstate(all="ignore"):
            loss = record.loss if record.loss is not None else self.formula(y=record.y, t=record.t)
            share = np.full(loss.shape, 1 / ctx.step.batch, loss.dtype)
            (gradient,) = grad(loss, [record.y], gradient=share)
        dz = ctx.buffer("dz", gradient.shape[::-1])
        np.copyto(dz, gradient.data.T)
        return dz
