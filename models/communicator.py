"""How the workers of a step exchange data, and the communicator of a single worker.

A step runs on one or several workers. Each has a part of the batch, its own gradients, and a part of the flat
arrays (parameters, gradients, the optimizer's slots) that it alone updates. The verbs of a step, in order:

    part → forward: sum, ... → before_backward → backward: sum, ... → reduce      for each batch of the step
    publish_kept → total, ... → update → publish                                  once

Evaluating a batch takes part and total only. A step that is not finite ends without update and publish. A single worker
may leave out total. All workers call the same verbs in the same order, with arrays of the same sizes, because each verb
may wait for the others. Who writes what, and when the others may read it:

==================  ==================================  ====================================================
array               written by                          read by others
==================  ==================================  ====================================================
gradients           each worker its own, in backward    in ``reduce``; written again after ``before_backward``
parameters, slots   each worker its part, in update     parameters after ``publish``; slots by nobody
kept parameters     worker 0, in forward                after ``publish_kept`` and the next ``total``
==================  ==================================  ====================================================
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np


class Communicator(ABC):
    """One worker's end of the exchange; the module's docstring says who writes what and when the others may read it.

    Sums run in the order of ranks, so all workers get the same bits.

    Attributes:
        rank: This worker's number, from 0.
        size: How many workers there are.
    """

    rank: int
    size: int

    @abstractmethod
    def part(self, batch: int) -> slice:
        """Begin a batch of this many examples and return this worker's contiguous part of it.

        A batch with fewer examples than workers is *done as a whole*: every worker computes all of it. The gradients of
        one worker are then the sum, and all streams of random numbers advance alike.
        """

    @abstractmethod
    def sum(self, values: np.ndarray) -> np.ndarray:
        """Sum the workers' values for a batch, in place, and return them. Changes nothing in one done as a whole.

        Args:
            values: C-contiguous, of the same shape and dtype in all workers. All must call, even if the batch is not
                split.
        """

    @abstractmethod
    def total(self, values: np.ndarray) -> np.ndarray:
        """Like ``sum``, but over all workers even in a batch done as a whole. Waits until all have called it."""

    @abstractmethod
    def reduce(self, gradients: np.ndarray) -> slice:
        """Sum the gradients of all workers in the part that this one updates.

        Args:
            gradients: This worker's, flat, after its backward. Outside its part they are meaningless afterwards.

        Returns:
            This worker's part of the flat arrays, the same at every step. Together the parts cover the arrays.
        """

    @abstractmethod
    def publish(self, parameters: np.ndarray) -> None:
        """Give the others this worker's updated part of the flat parameters and get theirs. Waits for all."""

    @abstractmethod
    def publish_kept(self, kept: np.ndarray) -> None:
        """Give all workers the flat array of kept (not learned) parameters, as worker 0 has written it.

        Only worker 0 writes there (:attr:`models.context.Context.writes_kept`), since running statistics follow from
        sums that all workers have. The others may read it after the next ``total``.
        """

    @abstractmethod
    def before_backward(self) -> None:
        """Wait, if necessary, until the others have read the gradients of the last backward. Call before each one."""


class Alone(Communicator):
    """The communicator of a single worker, which owns everything and waits for nobody."""

    rank, size = 0, 1

    def part(self, batch: int) -> slice:
        return slice(0, batch)

    def sum(self, values: np.ndarray) -> np.ndarray:
        return values

    def total(self, values: np.ndarray) -> np.ndarray:
        return values

    def reduce(self, gradients: np.ndarray) -> slice:
        return slice(None)

    def publish(self, parameters: np.ndarray) -> None:
        return

    def publish_kept(self, kept: np.ndarray) -> None:
        return

    def before_backward(self) -> None:
        return
