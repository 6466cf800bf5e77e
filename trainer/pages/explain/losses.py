"""How a loss and its gradient are computed, for the losses that a page spells out."""

from __future__ import annotations

import numpy as np

from trainer.models import losses
from trainer.models.losses.loss import Loss
from trainer.pages.explain.formulas import number, part


def _target(target: np.ndarray, count: int) -> np.ndarray:
    """Return a target as a vector (K,), of a label too."""
    return np.atleast_1d(target) if target.dtype.kind == "f" else (np.arange(count) == target).astype(float)


def loss_formula(loss: Loss, outputs: np.ndarray, target: np.ndarray) -> str | None:
    """Return the right-hand side of the loss of one example; None if the loss is not spelt out."""
    t = _target(target, len(outputs))
    if isinstance(loss, losses.HalfSquaredError | losses.MeanSquaredError):
        squares = " + ".join(f"({part(z)} - {part(each)})²" for z, each in zip(outputs, t, strict=True))
        return f"({squares}) / {2 if isinstance(loss, losses.HalfSquaredError) else len(t)}"
    if _is_plain(loss):
        label = int(np.argmax(t))
        return f"log({' + '.join(f'exp({number(z)})' for z in outputs)}) - {part(outputs[label])}"
    return None


def gradient_formula(loss: Loss, outputs: np.ndarray, target: np.ndarray, place: int) -> str | None:
    """Return the right-hand side of the gradient of one output; None if the loss is not spelt out."""
    t = _target(target, len(outputs))
    if isinstance(loss, losses.HalfSquaredError | losses.MeanSquaredError):
        factor = "" if isinstance(loss, losses.HalfSquaredError) else f"2 / {len(t)}·"
        return f"{factor}({part(outputs[place])} - {part(t[place])})"
    if _is_plain(loss):
        powers = [f"exp({number(z)})" for z in outputs]
        return f"{powers[place]} / ({' + '.join(powers)}) - {part(t[place])}"
    return None


def _is_plain(loss: Loss) -> bool:
    """Whether it is a cross-entropy without smoothing and weights."""
    return type(loss) is losses.CrossEntropy and not loss.label_smoothing and loss.class_weights is None
