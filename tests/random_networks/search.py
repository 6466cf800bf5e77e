"""Checking many seeds in several processes, and simplifying a network that fails."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context

from tests.random_networks.case import Case
from tests.random_networks.check import Failure, check
from tests.random_networks.generate import generate
from tests.random_networks.kinds import kinds
from tests.random_networks.shrink import shrink

CHUNK = 10  # seeds that a process takes at a time


@dataclass(frozen=True)
class Result:
    """The result of one seed."""

    seed: int
    kinds: set[str]
    failure: Failure | None


def search(seeds: range, jobs: int) -> Iterator[Result]:
    """Check the networks of the seeds with `jobs` processes, and yield the results in order."""
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=use_one_thread) as pool:
        yield from pool.map(_examine, seeds, chunksize=CHUNK)


def simplified(case: Case, failure: Failure) -> Case:
    """Return the simplest case found that fails in the same way."""

    def fails_alike(simpler: Case) -> bool:
        found = check(simpler)
        return found is not None and found.problem == failure.problem

    return shrink(case, fails_alike)


def use_one_thread() -> None:
    """Keep PyTorch, if it is installed, from starting threads."""
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)


def _examine(seed: int) -> Result:
    case = generate(seed)
    return Result(seed, kinds(case), check(case))
