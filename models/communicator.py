"""What the workers of one step say to each other, and the worker that is alone.

A step runs on one or several workers. Each has a part of the batch, gradients of its own, and a part of the flat
arrays (parameters, gradients, the optimizer's slots) that it alone updates. The verbs of a step, in order:

    part → forward: sum, ... → before_backward → backward: sum, ... → reduce      for each batch of the step
    publish_kept → total, ... → update → publish                                  once

Of a batch that is only evaluated they are part and total. A step that is not finite ends without update and publish.
A worker that is alone may leave out total. All workers call the same verbs in the same order, with arrays of the same
sizes: each may wait for the others. Who writes what, and from when on the others may read it:

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
    """One worker's end of the conversation; the module says who writes what and when the others may read it.

    Sums are made in the order of ranks, so that all workers get the same bits.

    Attributes:
        rank: This worker's number, from 0.
        size: How many workers there are.
    """

    rank: int
    size: int

    @abstractmethod
    def part(self, batch: int) -> slice:
        """Begin a batch of this many examples; the contiguous part of it that is this worker's.

        A batch too small to give everybody an example is *done as a whole*: by every worker, each by itself. Then the
        gradients of one worker are the sum, and all streams of random numbers advance alike.
        """

    @abstractmethod
    def sum(self, values: np.ndarray) -> np.ndarray:
        """Add up what the workers have of a batch: in place, and returned. Changes nothing in one done as a whole.

        Args:
            values: C-contiguous, of one shape and dtype for all; all must come, also where the batch is not split.
        """

    @abstractmethod
    def total(self, values: np.ndarray) -> np.ndarray:
        """Like ``sum``, but of all workers also in a batch done as a whole. Waits until all have come here."""

    @abstractmethod
    def reduce(self, gradients: np.ndarray) -> slice:
        """Add up the gradients of all workers, where this one updates.

        Args:
            gradients: This worker's, flat, after its backward. Outside its part they are then of no use.

        Returns:
            This worker's part of the flat arrays: the same at every step. The parts of all make up the whole.
        """

    @abstractmethod
    def publish(self, parameters: np.ndarray) -> None:
        """Give the others this worker's part of the flat parameters, updated, and get theirs; waits for all."""

    @abstractmethod
    def publish_kept(self, kept: np.ndarray) -> None:
        """Give all workers what worker 0 has written to the flat array of parameters that are not learned.

        Worker 0 alone writes there (:attr:`models.workspace.Context.writes_kept`): running statistics follow from sums,
        which all workers have. They have it after the next ``total``.
        """

    @abstractmethod
    def before_backward(self) -> None:
        """Call before every backward: waits, where need be, until the others have read the last one's gradients."""


class Alone(Communicator):
    """The communicator of a single worker: everything is its own, and nobody waits."""

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
