"""Losses: what training minimises, with the gradient by the network's output."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from models.errors import GraphError
from models.layer import Shape, format_shape
from models.workspace import Context


class Loss(ABC):
    """A loss over a batch: the mean over its examples.

    Like a layer it holds no state: buffers come from its context, and ``ctx.step.batch`` is the size of the whole
    batch, of which a shard sees a part.
    """

    @abstractmethod
    def check(self, output: Shape, num_classes: int | None) -> None:
        """Raise GraphError where a network's output or the data's targets do not fit this loss."""

    @abstractmethod
    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        """The sum of the losses of this shard's examples.

        Args:
            outputs: (K, N), the network's last node.
            targets: int64 (N,) labels in [0, K), each standing for its one-hot vector; or (K, N), batch-last like
                the outputs.

        Raises:
            GraphError: Targets (K, N) of another K than the outputs.
        """

    @abstractmethod
    def backward(self, ctx: Context) -> np.ndarray:
        """The gradient of the mean over the whole batch by this shard's outputs (K, N), after forward."""


class CrossEntropy(Loss):
    """Softmax and cross-entropy in one stable step, from logits z (K, N), as PyTorch's ``cross_entropy``.

    ``−log pₖ = log Σⱼ exp(zⱼ − max z) − (zₖ − max z)``, ``L = Σₖ tₖ (−log pₖ)``, ``dz = p Σₖ tₖ − t``.

    Args:
        label_smoothing: Share ε of the targets that is spread evenly, ``t ← (1 − ε) t + ε / K`` (Szegedy et al. 2016).
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing must lie in [0, 1], got {label_smoothing}")
        self.label_smoothing = label_smoothing

    def check(self, output: Shape, num_classes: int | None) -> None:
        if num_classes is None:
            raise GraphError("CrossEntropy needs classes, but the data has none", "choose another loss, e.g. loss=mse")
        _check_output(output, num_classes)

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        ctx.inputs = (outputs,)
        t = _vectors(ctx, outputs, targets)
        if self.label_smoothing:
            t *= 1 - self.label_smoothing
            t += self.label_smoothing / len(t)
        p, nll = ctx.buffer("p", outputs.shape), ctx.buffer("nll", outputs.shape)
        row = ctx.buffer("row", outputs.shape[1:])
        with _silent():
            np.subtract(outputs, np.max(outputs, axis=0, out=row), out=nll)
            np.exp(nll, out=p)
            np.sum(p, axis=0, out=row)
            np.divide(p, row, out=p)
            np.subtract(np.log(row, out=row), nll, out=nll)
            return _total(np.multiply(t, nll, out=nll))

    def backward(self, ctx: Context) -> np.ndarray:
        shape = ctx.inputs[0].shape
        t, p, dz = (ctx.buffer(name, shape) for name in ("t", "p", "dz"))
        with _silent():
            np.multiply(p, np.sum(t, axis=0, out=ctx.buffer("row", shape[1:])), out=dz)
            dz -= t
            dz /= ctx.step.batch
        return dz


class _SquaredError(Loss):
    """``L = w Σₖ (zₖ − tₖ)²``, ``dz = 2 w (z − t)``."""

    @abstractmethod
    def weight(self, outputs: int) -> float:
        """The factor w, given the number K of outputs."""

    def check(self, output: Shape, num_classes: int | None) -> None:
        _check_output(output, num_classes)

    def forward(self, ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> float:
        ctx.inputs = (outputs,)
        t = _vectors(ctx, outputs, targets)
        with _silent():
            error = np.subtract(outputs, t, out=ctx.buffer("error", outputs.shape))
            return self.weight(len(outputs)) * _total(np.square(error, out=t))

    def backward(self, ctx: Context) -> np.ndarray:
        shape = ctx.inputs[0].shape
        with _silent():
            factor = 2 * self.weight(shape[0]) / ctx.step.batch
            return np.multiply(ctx.buffer("error", shape), factor, out=ctx.buffer("dz", shape))


class MeanSquaredError(_SquaredError):
    """The mean of ``(zₖ − tₖ)²`` over the K outputs (K, N), as PyTorch's ``mse_loss``."""

    def weight(self, outputs: int) -> float:
        return 1 / outputs


class HalfSquaredError(_SquaredError):
    """The textbooks' ``½ Σₖ (zₖ − tₖ)²`` of the outputs (K, N), whose gradient is plainly ``z − t``."""

    def weight(self, outputs: int) -> float:
        return 0.5


def _check_output(output: Shape, num_classes: int | None) -> None:
    if len(output) != 1:
        problem = f"the network gives {format_shape(output)} but the loss needs a vector"
        raise GraphError(problem, "end it with models.Linear")
    if num_classes is not None and output[0] != num_classes:
        raise GraphError(
            f"the network gives {output[0]} outputs but the data has {num_classes} classes",
            "set out_features of its last layer to ${data.num_classes}",
        )


def _vectors(ctx: Context, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The targets as vectors (K, N), in a buffer."""
    t = ctx.buffer("t", outputs.shape)
    if targets.ndim == 1:
        classes = ctx.once("classes", lambda: np.arange(len(outputs))[:, None])
        return np.equal(classes, targets, out=t)
    if targets.shape != outputs.shape:
        raise GraphError(
            f"the network gives {len(outputs)} outputs but the targets have {len(targets)}",
            f"set out_features of its last layer to {len(targets)}",
        )
    np.copyto(t, targets)
    return t


def _total(values: np.ndarray) -> float:
    """The sum of all elements, in double precision: float32 would lose digits over a large batch."""
    return float(np.sum(values, dtype=np.float64))


def _silent() -> np.errstate:
    """Outputs that overflow or are no numbers make the loss inf or nan; whoever reads it tells the user, not NumPy."""
    return np.errstate(over="ignore", invalid="ignore")


from models.losses_expression import ExpressionLoss  # noqa: E402, F401 (it is a Loss and so needs the above)
