"""One or several values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from trainer.models import Graph, GraphError
from trainer.problems.problem import LOSS, Metric, Problem, Sums, mean

# A smaller spread of targets, relative to their sum of squares, counts as none: sums over batches keep no more digits,
# and float32 has hardly 20 values within it. scikit-learn, which has all targets at once, takes 0 alone for none.
ROUNDING = 1e-12


def _rmse(sums: Sums, examples: int) -> float:
    """√(Σ(y − t)² / N), the mean over the K outputs."""
    return float(np.sqrt(np.asarray(sums["squared_error"]) / examples).mean())


def _r2(sums: Sums, examples: int) -> float:
    """Return the mean over the K outputs of 1 − Σ(y − t)² / Σ(t − t̄)², where Σ(t − t̄)² = Σt² − (Σt)² / N."""
    error, squares = np.atleast_1d(sums["squared_error"]), np.atleast_1d(sums["squared_target"])
    spread = squares - np.square(sums["target"]) / examples
    constant = spread <= ROUNDING * squares
    unexplained = np.divide(error, spread, out=(error > 0).astype(np.float64), where=~constant)
    return float(np.mean(1 - unexplained))


class Regression(Problem):
    """The outputs are the values themselves; targets are as many values, floats (N, *output_shape).

    mae is the mean absolute error over all outputs. r2 is the coefficient of determination R², the mean over the
    outputs; as in scikit-learn, it is 0 for a target that never changes, or 1 if that is met exactly.

    rmse, where it is asked for, is the root of the mean squared error, the mean over the outputs.

    Targets that were standardised (`in_units`) stay so for the network and the loss; figures and predictions are in the
    units that they had before.
    """

    metrics: Mapping[str, Metric] = {
        "loss": LOSS,
        "mae": Metric("MAE", mean("absolute_error"), higher_is_better=False),
        "r2": Metric("R²", _r2, higher_is_better=True),
    }
    optional: Mapping[str, Metric] = {"rmse": Metric("RMSE", _rmse, higher_is_better=False)}
    headline = "loss"
    loss = "models.losses.MeanSquaredError"
    target_dtype = np.float32

    def __init__(self, graph: Graph, num_classes: int | None) -> None:
        super().__init__(graph, num_classes)
        self.target_shape = self.output_shape
        self._mean: np.ndarray | None = None  # of each output, (K,)
        self._scale: np.ndarray | None = None

    def in_units(self, mean: Sequence[float], scale: Sequence[float]) -> None:
        """Take targets (N, K) as `(t - mean) / scale` of values t in the user's units; mean and scale have K numbers.

        Raises:
            GraphError: The network does not give K outputs.
        """
        if self.output_shape != (len(scale),):
            problem = f"the network gives {prod(self.output_shape)} outputs but the targets have {len(scale)}"
            raise GraphError(problem, f"set out_features of its last layer to {len(scale)}")
        self._mean, self._scale = np.asarray(mean, np.float64), np.asarray(scale, np.float64)

    def measures(self, outputs: np.ndarray, targets: np.ndarray) -> dict[str, float | np.ndarray]:
        """Return absolute_error, a mean over the outputs; squared_error, target, squared_target of each output (K,).

        They are in the user's units, but targets without their mean: no figure depends on it, and a large one would
        cost digits.
        """
        t = targets.reshape(prod(self.output_shape), -1).astype(np.float64)
        error = outputs.reshape(t.shape) - t
        if self._scale is not None:
            t *= self._scale[:, np.newaxis]
            error *= self._scale[:, np.newaxis]
        return {
            "absolute_error": float(np.abs(error).sum()) / len(t),
            "squared_error": np.square(error).sum(axis=1),
            "target": t.sum(axis=1),
            "squared_target": np.square(t).sum(axis=1),
        }

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the predicted values (N, K), in the user's units."""
        return outputs if self._scale is None or self._mean is None else outputs * self._scale + self._mean

    def outputs_of(self, probabilities: np.ndarray) -> np.ndarray:
        """Return predicted values (N, K) as the network gives them."""
        if self._scale is None or self._mean is None:
            return probabilities
        return (probabilities - self._mean) / self._scale

    def predictions(self, outputs: np.ndarray) -> np.ndarray:
        """Return the predicted values (N, K), in the user's units."""
        return self.probabilities(outputs)

    def constant(self, mean: np.ndarray, names: Sequence[str]) -> tuple[str, np.ndarray]:
        """Return the mean of each value."""
        return "always the mean", mean

    def example_losses(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return the mean absolute error over the outputs, in the user's units."""
        errors: np.ndarray = self._errors(outputs, targets).mean(axis=1)
        return errors

    def _errors(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return |y − t| (N, K) float64, in the user's units, of outputs and targets (N, *output_shape)."""
        error = np.abs(outputs.astype(np.float64) - targets).reshape(len(targets), -1)
        return error if self._scale is None else error * self._scale

    def details(self, outputs: np.ndarray, targets: np.ndarray, names: Sequence[str], k: int) -> dict[str, Any]:
        """Return rmse and median_absolute_error, each the mean over the outputs, and the figures of each value.

        The latter are values [{"value", "mae", "rmse", "r2"}], where there are several and `names` says how they are
        called.
        """
        error = self._errors(outputs, targets)
        sums = {"squared_error": np.square(error).sum(axis=0)}
        median = float(np.median(error, axis=0).mean())
        found = {"rmse": _rmse(sums, len(targets)), "median_absolute_error": median}
        if len(names) < 2:
            return found
        measured = self.measures(np.moveaxis(outputs, 0, -1), np.moveaxis(targets, 0, -1))
        rows = []
        for place, name in enumerate(names):
            own = {key: np.take(value, place) for key, value in measured.items() if np.ndim(value)}
            mae = float(error[:, place].mean())
            figures = {"mae": mae, "rmse": _rmse(own, len(targets)), "r2": _r2(own, len(targets))}
            rows.append({"value": name, **figures})
        return {**found, "values": rows}

    def random_targets(self, rng: np.random.Generator, count: int) -> np.ndarray:
        return rng.normal(size=(*self.output_shape, count)).astype(np.float32)
