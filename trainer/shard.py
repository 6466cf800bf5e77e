"""One worker's shard of every batch: from example indices to updated parameters."""

from dataclasses import dataclass

import numpy as np

import datasets
from models import Context, Graph, ParameterStore, Step, Workspace
from models.losses import Loss
from trainer.optimizers import Optimizer
from trainer.parallel.communicator import Alone, Communicator
from trainer.streams import stream

SPLITS = ("train", "validation", "test")


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
        parameters: Shared by all workers, with this worker's own gradients.
        loaders: One for each split: train, validation, test.
        seed: Of the run; the network's random numbers derive from it.
        state: The optimizer's slots, shared by all workers; None: as they are before the first step.
        communicator: The other workers; None: there are none.
    """

    def __init__(
        self,
        graph: Graph,
        loss: Loss,
        optimizer: Optimizer,
        parameters: ParameterStore,
        loaders: dict[str, datasets.Loader],
        seed: int,
        state: dict[str, np.ndarray] | None = None,
        communicator: Communicator | None = None,
    ) -> None:
        self.graph, self.loss, self.optimizer = graph, loss, optimizer
        self.parameters, self.loaders = parameters, loaders
        self.state = optimizer.create_state(parameters.data.size, parameters.dtype) if state is None else state
        self.communicator = communicator or Alone()
        self.workspace = Workspace(graph, parameters, self.communicator, lambda name: stream(seed, f"layer {name}"))
        (self._input_shape,) = graph.inputs.values()

    def train(self, indices: np.ndarray, lr: float, step: int) -> Tally:
        """One optimisation step, counted from 1, on the training examples at `indices`, the whole batch's."""
        tally, context = self._forward("train", indices, training=True)
        self.graph.backward(self.workspace, self.loss.backward(context))
        mine = self.communicator.reduce(self.parameters.gradients)  # the workers share the update too
        flat = self.parameters.data[mine], self.parameters.gradients[mine]
        self.optimizer.update(*flat, {name: slot[mine] for name, slot in self.state.items()}, lr, step)
        return self._whole(tally)

    def evaluate(self, split: str, indices: np.ndarray) -> Tally:
        """Loss and accuracy on examples of a split, with running statistics and without dropout."""
        tally, _ = self._forward(split, indices, training=False)
        return self._whole(tally)

    def _forward(self, split: str, indices: np.ndarray, training: bool) -> tuple[Tally, Context]:
        """The tally of this worker's part of a batch, and the context of the loss, from where to go backward."""
        part = self.communicator.part(len(indices))
        mine, loader = indices[part], self.loaders[split]
        inputs = self.workspace.memory.view("batch", (*self._input_shape, len(mine)), self.parameters.dtype)
        loader.load(mine, inputs)
        targets = loader.targets(mine)
        step = Step(batch=len(indices), offset=part.start, training=training)
        outputs = self.graph.forward(self.workspace, inputs, step=step)
        context = self.workspace.loss_context(len(mine))
        loss = self.loss.forward(context, outputs, targets)
        labelled = np.issubdtype(targets.dtype, np.integer)
        correct = int(np.count_nonzero(outputs.argmax(axis=0) == targets)) if labelled else None
        return Tally(len(indices), loss, correct), context

    def _whole(self, part: Tally) -> Tally:
        """The tally of the whole batch. As all workers meet here, nobody goes on before all have done their part."""
        loss, correct = self.communicator.sum("tally", np.array([part.loss, part.correct or 0])).tolist()
        return Tally(part.samples, loss, None if part.correct is None else int(correct))
