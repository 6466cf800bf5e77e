"""Finds where values of a step first became not finite."""

from collections.abc import Iterable
from math import isfinite

import numpy as np

from trainer.models import Context, Graph, ParameterStore
from trainer.models.communicator import Communicator


def faulty_outputs(contexts: Iterable[Context], earlier: np.ndarray | None) -> np.ndarray:
    """Return for each node (bool) whether its output is not finite somewhere in this worker's part of a step.

    Args:
        contexts: The contexts of the nodes after a forward.
        earlier: The result for the earlier batches of the step, which count too; None: there were none.
    """
    found = np.array([not np.isfinite(context.output).all() for context in contexts])
    return found if earlier is None else found | earlier


def first_fault(
    graph: Graph, parameters: ParameterStore, communicator: Communicator, outputs: np.ndarray | None, norm: float
) -> str:
    """Return where values first became not finite, going forward, else backward. All workers must call this.

    Args:
        graph: As it was computed.
        parameters: With this worker's gradients.
        communicator: The other workers.
        outputs: The result of `faulty_outputs`; None: this worker's loss was finite.
        norm: The norm of the gradient of all workers.
    """
    nodes, layers = graph.nodes, graph.layers
    faulty, gradients = np.zeros(len(nodes)), np.zeros(len(layers))
    if outputs is not None:
        faulty[:] = outputs
    for index, layer in enumerate(layers):
        learned = [name for name in layer.parameters.values() if parameters.declared[name].trainable]
        gradients[index] = not all(np.isfinite(parameters.gradient(name)).all() for name in learned)
    faulty, gradients = np.split(communicator.total(np.concatenate((faulty, gradients))), [len(nodes)])
    if faulty.any():
        return f"the output of {nodes[faulty.argmax()].label}"
    if gradients.any():
        return f"the gradient of {layers[np.flatnonzero(gradients)[-1]].name}"
    return "the loss" if isfinite(norm) else "the norm of the gradient"
