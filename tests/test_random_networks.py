"""Whole networks against independent oracles. More of them: ``python -m tests.random_networks --count 5000``."""

import inspect
import math
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.random_networks import engine
from tests.random_networks import generate as generator
from tests.random_networks.case import Case
from tests.random_networks.check import Failure, OracleError, compare, expected
from tests.random_networks.kinds import kinds
from tests.random_networks.search import use_one_thread
from tests.random_networks.shrink import shrink
from trainer import models
from trainer.models.autograd import functions
from trainer.models.kernels.memory import Layout
from trainer.models.memory import Memory

SEEDS = range(48)
FOUND = sorted(Path(__file__).with_name("random_networks").glob("found/*.yaml"))  # what was wrong once
LOOKED_UP = {"Embedding", "Embeddings"}  # by integers, where these networks have floats
LAYERS = {name for name in models.layers.__all__ if not inspect.isabstract(getattr(models, name))} - LOOKED_UP

generate = cache(generator.generate)
found = pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    use_one_thread()


def in_plain_and_in_poisoned_memory(case: Case) -> Failure | None:
    theirs = expected(case)
    for poison in "01":
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TRAINER_POISON", poison)
            if failure := compare(case, theirs):
                return failure
    return None


@pytest.mark.parametrize("seed", [*SEEDS[:12], *(pytest.param(seed, marks=pytest.mark.slow) for seed in SEEDS[12:])])
def test_a_random_network(seed):
    failure = in_plain_and_in_poisoned_memory(generate(seed))
    assert failure is None, f"{failure}\npython -m tests.random_networks --seed {seed}"


@found
def test_a_network_that_was_wrong_once(path):
    failure = in_plain_and_in_poisoned_memory(Case.from_yaml(path.read_text(encoding="utf-8")))
    assert failure is None, failure


@pytest.mark.process
@pytest.mark.parametrize(("seed", "workers", "poison"), [(0, 2, "0"), (1, 3, "1"), (2, 2, "1")])
def test_worker_processes(seed, workers, poison, monkeypatch):
    monkeypatch.setenv("TRAINER_POISON", poison)
    case = replace(generate(seed), workers=workers, winograd=False)
    failure = compare(case, expected(case), engine.run_in_processes)
    assert failure is None, failure


@pytest.mark.slow
def test_every_layer_and_every_way_to_run_takes_part():
    counts = Counter(kind for seed in SEEDS for kind in kinds(generate(seed)))
    assert counts.keys() >= LAYERS
    often = ("float32", "float64", "fused", "not fused", "1 worker", "2 workers", "3 workers", "WinogradConvolution")
    assert min(counts[kind] for kind in often) > len(SEEDS) / 8
    assert min(counts[kind] for kind in ("shared parameters", "DenseConvolution", "Repeat")) > len(SEEDS) / 30


def test_a_seed_is_one_network():
    case = generator.generate(7)
    assert generator.generate(7) == case
    assert generator.generate(8) != case
    assert Case.from_yaml(case.to_yaml()) == case


@pytest.mark.parametrize("path", [p for p in FOUND if p.stem != "shared_statistics"], ids=lambda path: path.stem)
def test_zeros_shared_by_size_alone_are_noticed(path, monkeypatch):
    """The fault for which all this was written."""

    def zeros(memory: Memory, key: object, layout: Layout, dtype: np.dtype) -> np.ndarray:
        count, size = layout.shape[0], math.prod(layout.shape[1:])
        whole = "by size", key, count, size
        if whole not in memory._zeros:
            memory._zeros[whole] = np.zeros((count, size + layout.gap), dtype)
        return memory._zeros[whole][:, :size].reshape(layout.shape)

    monkeypatch.setattr(Memory, "zeros", zeros)
    case = Case.from_yaml(path.read_text(encoding="utf-8"))
    failure = compare(case, expected(case))
    assert failure is not None


@pytest.mark.parametrize(
    ("kind", "method"), [(models.SiLU, "gradient"), (models.AvgPool2d, "forward"), (models.BatchNorm, "update_running")]
)
def test_a_number_wrong_by_a_hundredth_is_noticed(kind, method, monkeypatch):
    right = getattr(kind, method)

    def wrong(self, *arguments):
        result = right(self, *arguments)
        if result is None:  # update_running changes running statistics
            (context,) = (argument for argument in arguments if isinstance(argument, models.Context))
            context.params.running_var[...] *= 1.01
        else:
            result *= 1.01
        return result

    monkeypatch.setattr(kind, method, wrong)
    case = next(case for case in map(generate, SEEDS) if kind.__name__ in kinds(case) and case.precision == "float64")
    failure = compare(case, expected(case))
    assert failure is not None
    assert failure.problem.startswith("our engine differs from")


def test_a_wrong_oracle_is_noticed(monkeypatch):
    pytest.importorskip("torch")
    right = functions.linear
    monkeypatch.setattr(functions, "linear", lambda *arguments: right(*arguments) * 1.01)
    with pytest.raises(OracleError, match="PyTorch and autograd differ: step 1"):
        expected(generate(1))


def test_an_error_of_the_engine_is_noticed(monkeypatch):
    monkeypatch.setattr(models.Linear, "backward", lambda *_: 1 / 0)
    failure = compare(generate(1), expected(generate(1)))
    assert failure == Failure("our engine raises ZeroDivisionError", ("division by zero",))


def test_shrinking_leaves_what_the_failure_needs():
    def fails(case: Case) -> bool:
        return "models.Multiply" in case.to_yaml() and sum("train" in step for step in case.steps) > 1

    case = next(case for case in map(generate, SEEDS) if fails(case))
    small = shrink(case, fails)
    assert fails(small)
    assert (small.workers, small.fuse, small.winograd, small.precision) == (1, False, False, "float64")
    assert small.steps == ("train 1", "train 1")
    assert len(kinds(small)) <= len(kinds(case))
    assert list(small.layers)[-1].startswith("head")
    assert len(small.layers) <= 3
