"""The steps of a case by PyTorch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from benchmarks.contestants.torch_formula import Formula
from benchmarks.contestants.torch_twin import load_weights, torch_twin
from benchmarks.jobs import describe
from trainer.models import Graph


class TorchNetwork:
    """A batch-first network in float64; the arguments are those of AutogradNetwork."""

    margin = math.inf  # PyTorch does not measure it

    def __init__(
        self,
        graph: Graph,
        parameters: Mapping[str, np.ndarray],
        loss: Mapping[str, Any],
        optimizer: Mapping[str, Any],
    ) -> None:
        self._loss_of = _loss(loss)
        self._twin = torch_twin(describe(graph)).double()
        load_weights(self._twin, parameters)
        options = {name: value for name, value in optimizer.items() if name != "_target_"}
        kind = getattr(torch.optim, optimizer["_target_"].rpartition(".")[2])
        self._optimizer = kind(self._twin.parameters(), **options)

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        return {name: value.numpy(force=True) for name, value in self._twin.state_dict().items()}

    def train(self, inputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray, dict[str, np.ndarray]]:
        """See AutogradNetwork."""
        self._twin.train()
        self._optimizer.zero_grad()
        outputs = self._twin(torch.from_numpy(inputs))
        loss = self._loss_of(outputs, torch.from_numpy(targets))
        loss.backward()
        zeros = {name: torch.zeros_like(p) for name, p in self._twin.named_parameters() if p.grad is None}
        gradients = {name: zeros.get(name, p.grad) for name, p in self._twin.named_parameters()}
        self._optimizer.step()
        return loss.item(), outputs.numpy(force=True), {n: g.numpy(force=True).copy() for n, g in gradients.items()}

    def evaluate(self, inputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
        """See AutogradNetwork."""
        self._twin.eval()
        with torch.no_grad():
            outputs = self._twin(torch.from_numpy(inputs))
            return self._loss_of(outputs, torch.from_numpy(targets)).item(), outputs.numpy()


def _loss(declared: Mapping[str, Any]) -> Any:
    """Return a function of outputs (N, K) and targets, labels or (N, K)."""
    match declared["_target_"].rpartition(".")[2]:
        case "CrossEntropy":
            smoothing = declared.get("label_smoothing", 0.0)
            return lambda y, t: functional.cross_entropy(y, t, label_smoothing=smoothing)
        case "MeanSquaredError":
            return lambda y, t: functional.mse_loss(y, _vectors(t, y))
        case "HalfSquaredError":
            return lambda y, t: functional.mse_loss(y, _vectors(t, y)) * y.shape[1] / 2
        case "ExpressionLoss":
            formula = Formula(declared["formula"], ["y", "t"], 0)
            return lambda y, t: formula(y, _vectors(t, y)).sum() / len(y)
        case kind:
            raise NotImplementedError(kind)


def _vectors(targets: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
    one_hot = functional.one_hot(targets, outputs.shape[1]) if targets.ndim == 1 else targets
    return one_hot.to(outputs.dtype)
