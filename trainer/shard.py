"""One worker's share of every batch: from example indices to updated parameters."""

from dataclasses import dataclass

import numpy as np

import datasets
from models import Graph, ParameterStore, Step, Workspace
from models.losses import Loss
from trainer.optimizers import Optimizer
from trainer.streams import stream


@dataclass
class Tally:
    """Sums over examples. `correct` stays None where the targets are no class labels."""

    samples: int = 0
    loss: float = 0.0
    correct: int | None = None

    def add(self, other: "Tally") -> None:
        self.samples += other.samples
        self.loss += other.loss
        if other.correct is not None:
            self.correct = (self.correct or 0) + other.correct

    @property
    def mean_loss(self) -> float | None:
        return self.loss / self.samples if self.samples else None

    @property
    def accuracy(self) -> float | None:
        return None if self.correct is None else self.correct / self.samples


class Shard:
    """Holds what one worker needs and does its part of each step.

    Args:
        graph, loss, optimizer: Of the run.
        parameters: Shared by all shards, with this shard's own gradients.
        loaders: One for each split: train, validation, test.
        seed: Of the run; the network's random numbers derive from it.
    """

    def __init__(
        self,
        graph: Graph,
        loss: Loss,
        optimizer: Optimizer,
        parameters: ParameterStore,
        loaders: dict[str, datasets.Loader],
        seed: int,
    ) -> None:
        self.graph, self.loss, self.optimizer = graph, loss, optimizer
        self.parameters, self.loaders = parameters, loaders
        self.workspace = Workspace(graph, parameters, generator=lambda name: stream(seed, f"layer {name}"))
        self.state = optimizer.create_state(parameters.data.size, parameters.dtype)
        (self._input_shape,) = graph.inputs.values()

    def train(self, indices: np.ndarray, lr: float, step: int) -> Tally:
        """One optimisation step, counted from 1, on the training examples at `indices`."""
        tally = self._forward("train", indices, training=True)
        self.graph.backward(self.workspace, self.loss.backward(self.workspace.loss_context(len(indices))))
        self.optimizer.update(self.parameters.data, self.parameters.gradients, self.state, lr, step)
        return tally

    def evaluate(self, split: str, indices: np.ndarray) -> Tally:
        """Loss and accuracy on examples of a split, with running statistics and without dropout."""
        return self._forward(split, indices, training=False)

    def _forward(self, split: str, indices: np.ndarray, training: bool) -> Tally:
        loader, count = self.loaders[split], len(indices)
        inputs = self.workspace.memory.view("batch", (*self._input_shape, count), self.parameters.dtype)
        loader.load(indices, inputs)
        targets = loader.targets(indices)
        step = Step(batch=count, offset=0, training=training)
        outputs = self.graph.forward(self.workspace, inputs, step=step)
        loss = self.loss.forward(self.workspace.loss_context(count), outputs, targets)
        labelled = np.issubdtype(targets.dtype, np.integer)
        return Tally(count, loss, int(np.count_nonzero(outputs.argmax(axis=0) == targets)) if labelled else None)
