"""One worker's shard of every batch: from example indices to updated parameters."""

from math import isfinite, sqrt
from typing import Any, NamedTuple

import numpy as np

from trainer import datasets
from trainer.engine.faults import faulty_outputs, first_fault
from trainer.engine.tally import Tally
from trainer.engine.watch import Watched
from trainer.ground.streams import stream
from trainer.models import Context, Graph, ParameterStore, Segment, Step, Workspace
from trainer.models.communicator import Alone, Communicator
from trainer.models.losses import Loss
from trainer.problems import Problem
from trainer.training.optimizers import Optimizer

SPLITS = ("train", "validation", "test")

Generators = dict[str, dict[str, Any]]  # states of random number generators by layer


class Own(NamedTuple):
    """This worker's part of the flat arrays, which it alone updates: views, the same at every step."""

    parameters: np.ndarray
    gradients: np.ndarray
    state: dict[str, np.ndarray]
    segments: tuple[Segment, ...]
    frozen: list[slice]


class Shard:
    """Holds what one worker needs, and does its part of each step.

    Args:
        graph, problem, loss, optimizer: Those of the run.
        parameters: Shared by all workers, with this worker's own gradients.
        loaders: One for each split: train, validation, test.
        seed: The seed of the run; the random numbers of the network and of its examples derive from it.
        state: The optimizer's slots, shared by all workers; None: as they are before the first step.
        communicator: The other workers; None: there are none.
        generators: States from which the network's random streams continue; None: they start afresh.
        batch_size: Most examples that go through the network at once: a step on more adds up gradients.
        clip_norm: A gradient of larger Euclidean norm is scaled down to this norm; None: no clipping.
    """

    def __init__(
        self,
        graph: Graph,
        problem: Problem,
        loss: Loss,
        optimizer: Optimizer,
        parameters: ParameterStore,
        loaders: dict[str, datasets.Loader],
        seed: int,
        state: dict[str, np.ndarray] | None = None,
        communicator: Communicator | None = None,
        generators: Generators | None = None,
        batch_size: int | None = None,
        clip_norm: float | None = None,
    ) -> None:
        self.graph, self.problem, self.loss, self.optimizer = graph, problem, loss, optimizer
        self.parameters, self.loaders, self.seed = parameters, loaders, seed
        self.state = optimizer.create_state(parameters.data.size, parameters.dtype) if state is None else state
        self.communicator = communicator or Alone()
        self.workspace = Workspace(graph, parameters, self.communicator, lambda name: stream(seed, f"layer {name}"))
        for name, position in (generators or {}).items():
            self.workspace.generator(name).bit_generator.state = position
        self.batch_size, self.clip_norm = batch_size, clip_norm
        self._own: Own | None = None
        self._sum = np.empty(0, parameters.dtype)  # of the gradients of a step's batches so far

    def train(self, indices: np.ndarray, lr: float, step: int, watched: Watched | None = None, epoch: int = 0) -> Tally:
        """Do one optimisation step on the training examples at `indices`, which are those of all workers.

        More than `batch_size` examples are taken in batches of about equal size, whose gradients are added up.
        `watched` is filled with what it asks for; if one worker has one, all must, but it may ask for nothing. Steps
        count from 1, epochs from 0. Epoch, seed and indices determine how examples are augmented.
        """
        store, tally, faults = self.parameters, Tally(), None
        graph = self.graph if watched is None else watched.tapped(self.graph)
        parts = self._parts(indices)
        for number, part in enumerate(parts):
            seen, context = self._forward("train", part, epoch)
            if not isfinite(seen.loss):
                faults = faulty_outputs(self.workspace.active, faults)
            if watched is not None:
                watched.see_outputs(self.workspace.active)
            dy = self.loss.backward(context)
            if (weights := self.loaders["train"].weights) is not None:
                dy = dy * weights.astype(dy.dtype)
            self.communicator.before_backward()
            graph.backward(self.workspace, dy)
            mine = self.communicator.reduce(store.gradients)
            own = self._own or self._owned(mine)
            if len(parts) > 1:
                self._accumulate(own.gradients, len(part) / len(indices), number)
            if number:
                tally.add(seen)
            else:
                tally = seen
        self.communicator.publish_kept(store.kept)
        if watched is not None:
            watched.see_parameters(self._summed_gradients(mine))
        for segment in own.frozen:
            own.gradients[segment] = 0
        tally, norm = self._together(tally, float(np.vdot(own.gradients, own.gradients)))
        if isfinite(tally.loss) and isfinite(norm):
            if self.clip_norm and norm > self.clip_norm:
                np.multiply(own.gradients, self.clip_norm / norm, out=own.gradients)
            self.optimizer.update(own.parameters, own.gradients, own.state, lr, step, own.segments)
            self.communicator.publish(store.data)
        else:
            tally.fault = first_fault(self.graph, store, self.communicator, faults, norm)
        return tally

    def evaluate(self, split: str, indices: np.ndarray) -> Tally:
        """Return loss and measures of examples of a split, with running statistics and without dropout."""
        seen, _ = self._forward(split, indices)
        return self._together(seen)[0]

    def _parts(self, indices: np.ndarray) -> list[np.ndarray]:
        if self.batch_size is None or len(indices) <= self.batch_size:
            return [indices]
        return np.array_split(indices, -(-len(indices) // self.batch_size))

    def _forward(self, split: str, indices: np.ndarray, epoch: int | None = None) -> tuple[Tally, Context]:
        """Return this worker's tally of a batch, and the context of the loss, from which to go backward.

        Args:
            split: That of the examples.
            indices: The indices of the whole batch.
            epoch: In which the network trains on these examples; None: it does not train.
        """
        part = self.communicator.part(len(indices))
        mine, loader = indices[part], self.loaders[split]
        draw = None if epoch is None else datasets.Draw(self.seed, epoch, mine)
        inputs = self.workspace.inputs(len(mine))
        targets = loader.load(mine, *inputs, draw=draw)
        step = Step(batch=len(indices), offset=part.start, training=draw is not None)
        outputs = self.graph.forward(self.workspace, *inputs, step=step)
        context = self.workspace.loss_context(len(mine))
        loss = self.loss.forward(context, outputs, targets)
        tally = Tally(len(mine), {"loss": loss, **self.problem.measures(outputs, targets)})
        if len(mine) == len(indices) and self.communicator.rank:  # all do this batch as a whole; the first one counts
            return tally.uncounted(), context
        return tally, context

    def _accumulate(self, gradients: np.ndarray, weight: float, number: int) -> None:
        """Add this batch's weighted gradients to the running sum, and put the sum into `gradients`."""
        gradients *= weight
        if number:
            gradients += self._sum
        self._sum = gradients.copy()

    def _owned(self, mine: slice) -> Own:
        """Return this worker's own part of the flat arrays, which is at `mine`."""
        store, segments = self.parameters, self.parameters.segments(mine)
        state = {name: slot[mine] for name, slot in self.state.items()}
        self._own = Own(store.data[mine], store.gradients[mine], state, segments, self.optimizer.frozen(segments))
        return self._own

    def _summed_gradients(self, mine: slice) -> dict[str, np.ndarray]:
        """Return the step's gradient of each parameter. Each worker has only its part of it, so all must call this."""
        flat = np.zeros_like(self.parameters.gradients)
        flat[mine] = self.parameters.gradients[mine]
        return self.parameters.views(self.communicator.total(flat))

    def _together(self, part: Tally, squares: float = 0.0) -> tuple[Tally, float]:
        """Return the sum of the workers' tallies, and the gradient's norm from each worker's sum of squares.

        All workers wait for each other here.
        """
        if self.communicator.size > 1:
            *sums, squares = self.communicator.total(np.array([*part.numbers(), squares])).tolist()
            part = part.filled(sums)
        return part, sqrt(squares) if isfinite(squares) else squares
