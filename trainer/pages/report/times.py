"""How long a step of training takes in each layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from trainer.engine.setup import make_loss
from trainer.engine.stopwatch import Stopwatch
from trainer.ground.streams import stream
from trainer.models import Graph, ParameterStore, Step, Workspace
from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import computed
from trainer.runs.network import Network

FEWEST = 2  # examples, of which BatchNorm takes the variance
MOST_PRODUCTS = 6_000_000_000  # multiply-accumulates of a step: a tenth of a second
MOST_BYTES = 16 << 20  # of its activations
MOST_STEPS, SECONDS = 20, 0.008  # after the first, which prepares the memory


@dataclass(frozen=True)
class Times:
    """The time that a step of training takes in the layers of a network.

    Attributes:
        graph: The network as it is trained: one node may compute several layers.
        examples: How many the step takes.
        passes: The seconds of forward and backward, in the fastest of some steps, by the name of the node.
    """

    graph: Graph
    examples: int
    passes: Mapping[str, tuple[float, float]]

    @property
    def forward(self) -> float:
        """The seconds of all nodes forward."""
        return sum(forward for forward, _ in self.passes.values())

    @property
    def backward(self) -> float:
        """The seconds of all nodes backward."""
        return sum(backward for _, backward in self.passes.values())


def measure(facts: Facts) -> Times | None:
    """Time some steps on examples of the training; the network does not change.

    None where the examples cannot be read, or are too few for a step.
    """
    found = facts.predictions
    if found is None or len(found.splits.train) < FEWEST:
        return None
    network, source = found.network, found.splits.train
    watch, graph = Stopwatch(), computed(network)
    timed = watch.timed(graph)
    store = ParameterStore(network.graph.parameters, network.parameters.dtype)
    store.data[:], store.kept[:] = network.parameters.data, network.parameters.kept
    workspace = Workspace(timed, store, generator=lambda name: stream(network.config["seed"], f"layer {name}"))
    inputs = workspace.inputs(examples := min(_fitting(network), len(source)))
    targets = network.dataset.loader(source).load(np.arange(examples), *inputs)
    loss, context = make_loss(network.config, network.problem), workspace.loss_context(examples)
    step = Step(batch=examples, offset=0, training=True)
    with np.errstate(all="ignore"):
        for number in range(1 + MOST_STEPS):
            loss.forward(context, timed.forward(workspace, *inputs, step=step), targets)
            timed.backward(workspace, loss.backward(context))
            if not number:
                watch.clear()
                began = perf_counter()
            elif perf_counter() - began > SECONDS:
                break
    passes = {node.name: watch.passes(node, min) for node in graph.nodes}  # others may be at work on this machine
    return Times(graph, examples, passes)


def _fitting(network: Network) -> int:
    """Return how many examples a step may take: a batch of the run, or as many as take little time and memory."""
    products = 3 * sum(node.layer.macs(*node.input_shapes) for node in network.graph.layers)
    most = min(network.config["batch_size"], network.batch_of(MOST_BYTES))
    return max(FEWEST, min(most, MOST_PRODUCTS // max(1, products)))
