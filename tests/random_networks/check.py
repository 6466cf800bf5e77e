"""A case by our engine and by the oracles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
from threadpoolctl import threadpool_limits

from tests.random_networks import engine
from tests.random_networks.autograd_oracle import AutogradNetwork
from tests.random_networks.case import Case
from tests.random_networks.record import Record, differences
from trainer.datasets import Splits
from trainer.engine.setup import Setup
from trainer.models import Graph

MOST_LINES = 8


@dataclass(frozen=True)
class Failure:
    """What is wrong with a case: a headline, and the details."""

    problem: str
    details: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([self.problem, *(f"    {line}" for line in self.details)])


ORACLES = ("PyTorch", "autograd") if find_spec("torch") else ("autograd",)


def check(case: Case) -> Failure | None:
    """Compare our engine with every oracle; None where all agree."""
    return compare(case, expected(case))


def compare(case: Case, theirs: Mapping[str, list[Record]], run: Callable = engine.run) -> Failure | None:
    """Run the case and compare it with what oracles have made of it."""
    try:
        ours = run(case)
    except Exception as error:
        return Failure(f"our engine raises {type(error).__name__}", (str(error),))
    for oracle, records in theirs.items():
        if found := differences(ours, records, case.precision):
            return Failure(f"our engine differs from {oracle}", tuple(map(str, found[:MOST_LINES])))
    return None


def expected(case: Case, oracles: Sequence[str] = ORACLES) -> dict[str, list[Record]]:
    """What each oracle leaves behind at every step, in float64."""
    setup = Setup(case.config)
    splits = setup.splits()
    records = {oracle: _steps(case, setup.graph, splits, oracle) for oracle in oracles}
    if "autograd" in records:  # which alone knows the margins
        margins = [record.margin for record in records["autograd"]]
        for oracle, given in records.items():
            records[oracle] = [replace(record, margin=m) for record, m in zip(given, margins, strict=True)]
    return records


def _steps(case: Case, graph: Graph, splits: Splits, oracle: str) -> list[Record]:
    parameters = engine.initial_parameters(case.seed, graph)
    network, records = _network(oracle)(graph, parameters, case.loss, case.optimizer), []
    with threadpool_limits(1, "blas"), np.errstate(all="ignore"):  # a network may diverge
        for number, (kind, indices) in enumerate(case.schedule()):
            examples = splits.train if kind == "train" else splits.test
            inputs, targets = examples.inputs[indices].astype(np.float64), examples.targets[indices]
            if kind == "train":
                loss, outputs, gradients = network.train(inputs, targets)
            else:
                (loss, outputs), gradients = network.evaluate(inputs, targets), {}
            parameters = {name: value.copy() for name, value in network.parameters.items()}
            records.append(Record(case.title(number), loss, outputs, gradients, parameters, network.margin))
    return records


def _network(oracle: str) -> type:
    if oracle == "autograd":
        return AutogradNetwork
    from tests.random_networks.torch_oracle import TorchNetwork

    return TorchNetwork
