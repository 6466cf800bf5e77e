"""`trainer gradcheck`: checks all gradients of a configured network, in every way it is computed."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np

from trainer.commands.quotients import TOLERANCE, Verdict, directions, elements, judge
from trainer.commands.variants import SMALL, Apart, Call, Result, Variant, large, quick_collections, script
from trainer.engine.processes.blas import one_thread
from trainer.engine.setup import Setup
from trainer.ground.errors import GradientError, GraphError
from trainer.ground.streams import stream
from trainer.ground.text import table
from trainer.models import Graph, ParameterStore
from trainer.models.errors import PoisonError
from trainer.models.losses import Loss
from trainer.problems import Problem
from trainer.runs import start

SAMPLES, CANDIDATES = 24, 96  # of each array in the first step: elements checked, and tried, since some lie at a kink
DIRECTIONS = 8  # tried in each later step until one has no kink
MOST_SHARDS = 4
AGREEMENT = 1e-9  # largest relative difference between two ways of computing the same
LEAST = 1e-3  # errors are relative to the array's largest element, or to this: rounding spoils what is smaller

log = logging.getLogger("trainer")


@dataclass
class Check:
    """What was found for the gradient of one array."""

    name: str
    shape: tuple[int, ...]
    checked: int  # elements
    kinks: int  # elements and directions that were skipped
    error: float  # against difference quotients
    worst: str  # where that is, with both values
    difference: float = 0.0  # of a variant from what it should give

    @property
    def passed(self) -> bool:
        return self.error <= TOLERANCE and self.difference <= AGREEMENT


def gradcheck(config: dict[str, Any], directory: Path) -> None:
    """Check the gradient of the loss with respect to every parameter and the input, and show a table.

    The network is the configured one, with random inputs and targets; see `check_gradients`.

    Raises:
        GradientError: A gradient is wrong, or not the same in all variants.
        GraphError: A layer does not return arrays of the right number, shape and type.
    """
    setup = Setup(config | {"precision": "float64"})
    if len(setup.graph.inputs) > 1:
        raise GraphError(f"the network has the inputs {', '.join(setup.graph.inputs)}", "gradcheck takes those of one")
    parameters = setup.parameters()
    if begin := start.read(config, setup.graph):
        begin.restore(parameters)
    with quick_collections(), one_thread(), np.errstate(all="ignore"):  # one thread as in a worker
        checks, faults = check_gradients(
            setup.graph,
            setup.loss,
            parameters,
            setup.problem,
            setup.seed,
            trained=setup.network,
            shards=setup.workers,
            batch_size=setup.batch_size,
            precision=config["precision"],
        )
    rows = [("gradient of", "shape", "checked", "kinks", "relative error", "variants", "")]
    for c in checks:
        shape, verdict = "x".join(map(str, c.shape)) or "scalar", "PASS" if c.passed else "FAIL"
        rows.append((c.name, shape, str(c.checked), str(c.kinks), f"{c.error:.1e}", f"{c.difference:.1e}", verdict))
    log.info("%s", table(rows, left=(0, 1)))
    wrong = [check for check in checks if check.error > TOLERANCE]
    if wrong:  # the mistake lies behind the last of them, which is nearest to the output
        name, worst = wrong[-1].name, wrong[-1].worst
        raise GradientError(f"FAIL: {len(wrong)} of {len(checks)} gradients are wrong; the last, by {name}: {worst}")
    if faults:
        raise GradientError(f"FAIL: {faults[0]}")
    error, difference = max(check.error for check in checks), max(check.difference for check in checks)
    log.info(
        "PASS: all %d gradients agree with finite differences, largest relative error %.1e; variants differ by %.1e",
        len(checks),
        error,
        difference,
    )


def check_gradients(
    graph: Graph,
    loss: Loss,
    parameters: ParameterStore,
    problem: Problem,
    seed: int = 0,
    *,
    trained: Graph | None = None,
    shards: int = 2,
    batch_size: int = 8,
    precision: str = "float64",
) -> tuple[list[Check], list[str]]:
    """Compare derived gradients with central differences, and all ways of computing them with one another.

    1. The standard: every node computes apart from the others, at every step, in float64. Its gradients are compared
       with difference quotients: in the first step element by element (large arrays at random places), in later steps
       along a random direction of each array. If the loss has a kink nearby (a ReLU switches, or another element
       becomes the maximum of a window), the quotient says nothing, and another element or direction is tried.
    2. The variants: the same steps one after another in one workspace, fused and not, whole and in shards. Their
       results must equal the standard's.
    3. The network as it is trained: steps on larger batches, one after another. Their results must equal those of each
       step in its own workspace.

    In 2 and 3 every element of the nodes' outputs, the loss, the gradients and the running statistics is compared.

    Args:
        graph: With one input, not fused.
        loss: The loss of the graph's output.
        parameters: float64, with their values; unchanged afterwards.
        problem: Draws the targets.
        seed: The seed of inputs, targets, masks and the choice of elements.
        trained: The graph as it is trained; None: `graph`.
        shards, batch_size, precision: As in training, but at least two shards.

    Returns:
        The checks in the order of the network, and where each variant first goes wrong.

    Raises:
        GraphError: A layer does not return arrays of the right number, shape and type.
    """
    trained, steps = trained or graph, partial(script, graph, parameters, problem, seed)
    calls, standard, verdicts = steps(SMALL), {}, []
    for call in reversed(calls):  # not the variants' order: exposes a layer that remembers earlier calls
        standard[call.name], found = _standard(graph, loss, call, single=call is calls[0])
        if call.training:
            verdicts.insert(0, found)
    gradients = standard[calls[0].name].gradients
    checks = [_check(name, gradients[name].shape, [found[name] for found in verdicts]) for name in gradients]
    networks = {"not fused": graph} | ({"fused": trained} if len(trained.nodes) < len(graph.nodes) else {})
    faults = []
    counts = 1, max(2, min(shards, MOST_SHARDS))
    for count, (name, network) in product(counts, networks.items()):
        faults += _faults(Variant(name, network, loss, count), calls, lambda call: standard[call.name], checks)
    name, network = networks.popitem()  # as it is trained
    for count in counts:
        make = partial(Variant, name, network, loss, count, precision)
        faults += _faults(make(), steps(large(batch_size)), lambda call, make=make: make().run(call), checks)
    return checks, faults


def _standard(graph: Graph, loss: Loss, call: Call, single: bool) -> tuple[Result, dict[str, Verdict]]:
    """Return a call's result and, for a step, the verdict on each gradient, by single elements or along a direction."""
    apart = Apart(graph, loss, call)
    result = apart.run()
    rng, least, verdicts = stream(call.seed, f"gradcheck {call.name}"), _least(result), {}
    for name, gradient in result.gradients.items():
        array, value = apart.arrays[name], partial(apart.loss, apart.first_user(name))
        if single:
            verdict = judge(islice(elements(array, gradient, value, rng), CANDIDATES), SAMPLES, least)
        else:
            verdict = judge(islice(directions(array, gradient, value, rng), DIRECTIONS), 1, least)
        verdicts[name] = verdict._replace(worst=f"{call.name}, {verdict.worst}")
        value()  # puts the nodes back
    return result, verdicts


def _check(name: str, shape: tuple[int, ...], steps: Sequence[Verdict]) -> Check:
    """Return the check of one array over all steps; its error is that of the first wrong step, else the largest."""
    wrong = [step for step in steps if step.error > TOLERANCE]
    shown = wrong[0] if wrong else max(steps, key=lambda step: step.error)
    return Check(name, shape, steps[0].checked, sum(step.kinks for step in steps), shown.error, shown.worst)


def _faults(
    variant: Variant, calls: Sequence[Call], expect: Callable[[Call], Result], checks: Sequence[Check]
) -> list[str]:
    """Return where calls in a row first differ from `expect`, if anywhere; note in `checks` how gradients do."""
    for call in calls:
        try:
            found = variant.run(call)
        except PoisonError as error:
            return [f"{call.name}, {variant.name}: {error}"]
        except Exception as error:
            error.add_note(f"in {call.name}, {variant.name}")
            raise
        expected = expect(call)
        least = _least(expected)
        for check in checks:
            if check.name in found.gradients:
                pair = found.gradients[check.name], expected.gradients[check.name]
                check.difference = max(check.difference, _difference(*pair, least)[0])
        for what, value, other in _pairs(found, expected):
            difference, place = _difference(value, other, least)
            if difference > AGREEMENT:
                return [f"{call.name}, {variant.name}: {what} {place}"]
    return []


def _pairs(found: Result, expected: Result) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield the arrays of two results in pairs, with their name, in the order in which they are computed."""
    for node, output in found.outputs.items():
        yield f"the output of {node}", output, expected.outputs[node]
    yield "the loss", np.array(found.loss), np.array(expected.loss)
    for name, gradient in reversed(found.gradients.items()):
        yield f"the gradient of {name}", gradient, expected.gradients[name]
    for name, array in found.kept.items():
        yield name, array, expected.kept[name]


def _difference(value: np.ndarray, other: np.ndarray, least: float) -> tuple[float, str]:
    """Return the largest difference, relative to the largest of `other` or to `least`, and where, with both values."""
    differences = np.nan_to_num(np.abs(value - other), nan=np.inf)
    place = np.unravel_index(np.argmax(differences), differences.shape)
    at = f"at {[int(i) for i in place]} " if place else ""
    difference = float(differences[place] / max(least, np.abs(other).max()))
    return difference, f"{at}is {value[place]:.12g}, by itself {other[place]:.12g}"


def _least(result: Result) -> float:
    return LEAST * max(1.0, abs(result.loss))
