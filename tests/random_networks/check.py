"""Comparison of our engine with the oracles on one case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
from threadpoolctl import threadpool_limits

from tests.random_networks import engine
from tests.random_networks.autograd_oracle import AutogradNetwork
from tests.random_networks.case import Case
from tests.random_networks.record import LARGEST, LEAST_MARGIN, Record, differences, largest_difference
from trainer.datasets import Splits
from trainer.engine.setup import Setup
from trainer.models import Graph

MOST_LINES = 8
ROUNDING, MOST_ROUNDING = 1e-8, 1e-4  # of the oracles: beyond these, not compared, or an error
ORACLES = ("PyTorch", "autograd") if find_spec("torch") else ("autograd",)


class OracleError(Exception):
    """The oracles contradict each other."""


@dataclass(frozen=True)
class Failure:
    """The failure of a case: a headline, and the details."""

    problem: str
    details: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([self.problem, *(f"    {line}" for line in self.details)])


def check(case: Case) -> Failure | None:
    """Compare our engine with every oracle; return None if all agree."""
    try:
        theirs = expected(case)
    except OracleError as error:
        return Failure("the oracles contradict each other", (str(error),))
    return compare(case, theirs)


def compare(case: Case, theirs: Mapping[str, list[Record]], run: Callable = engine.run) -> Failure | None:
    """Run the case and compare it with the records of the oracles."""
    try:
        ours = run(case)
    except Exception as error:
        return Failure(f"our engine raises {type(error).__name__}", (str(error),))
    for oracle, records in theirs.items():
        if found := differences(ours, records, case.precision):
            return Failure(f"our engine differs from {oracle}", tuple(map(str, found[:MOST_LINES])))
    return None


def expected(case: Case, oracles: Sequence[str] = ORACLES) -> dict[str, list[Record]]:
    """Return each oracle's record of every step, in float64. Raises OracleError if they contradict each other."""
    setup = Setup(case.config)
    splits = setup.splits()
    records = {oracle: _steps(case, setup.graph, splits, oracle) for oracle in oracles}
    if len(records) == 2:
        records = dict(zip(records, _with_margins(*records.values()), strict=True))
    return records


def _with_margins(torch: list[Record], autograd: list[Record]) -> tuple[list[Record], list[Record]]:
    """Return both with the margins, which only autograd knows; the margin is 0 where rounding makes them differ."""
    margins = [record.margin for record in autograd]
    for number, (one, other) in enumerate(zip(torch, autograd, strict=True)):
        if other.margin < LEAST_MARGIN["float64"] or not other.largest < LARGEST:
            break
        difference = largest_difference(one, other)
        if not difference.error < MOST_ROUNDING:
            raise OracleError(f"PyTorch and autograd differ: {difference}")
        if difference.error > ROUNDING:
            margins[number] = 0.0
            break
    return tuple([replace(r, margin=m) for r, m in zip(each, margins, strict=True)] for each in (torch, autograd))


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
