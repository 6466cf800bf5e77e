"""`task=gradcheck`: the gradients of a configured network against finite differences."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.engine.setup import Setup
from trainer.ground.streams import stream
from trainer.models import Graph, ParameterStore, Step, Workspace
from trainer.models.fusion import fuse
from trainer.models.losses import Loss
from trainer.problems import Problem

BATCH = 8  # examples; BatchNorm needs several
SAMPLES = 24  # elements checked of each array
CANDIDATES = 4 * SAMPLES  # elements tried for that, since some lie at a kink
STEP = 1e-5
TOLERANCE = 1e-5  # largest relative error that passes
SMALLEST = 1e-3  # errors are relative to the array's largest gradient, or to this: rounding spoils smaller differences

log = logging.getLogger("trainer")


class GradientError(Exception):
    """A gradient is not the derivative of the loss. One line that says which, with both values."""


@dataclass
class Check:
    """What was found for one array."""

    name: str
    shape: tuple[int, ...]
    checked: int = 0
    skipped: int = 0  # at a kink
    error: float = 0.0
    worst: str = "no smooth place was found"  # where the largest error is, with both values

    @property
    def passed(self) -> bool:
        return self.checked > 0 and self.error <= TOLERANCE


def gradcheck(config: dict[str, Any], directory: Path) -> None:
    """Check the gradient of the loss by every parameter and by the input, and show a table.

    The network is the configured one as it is trained (fused or not), in float64, with its initial parameters, on a
    batch of normally distributed inputs. Dropout draws the same mask for every evaluation.

    Raises:
        GradientError: a gradient is wrong.
    """
    setup = Setup(config | {"precision": "float64"})
    graph = fuse(setup.graph) if config["fuse"] else setup.graph
    checks = check_gradients(graph, setup.loss, setup.parameters(), setup.problem, setup.seed)
    width = max(len(check.name) for check in checks)
    log.info("%-*s  %-14s  %7s  %5s  %14s", width, "gradient by", "shape", "checked", "kinks", "relative error")
    for c in checks:
        shape, verdict = "x".join(map(str, c.shape)) or "scalar", "PASS" if c.passed else "FAIL"
        log.info("%-*s  %-14s  %7d  %5d  %14.1e  %s", width, c.name, shape, c.checked, c.skipped, c.error, verdict)
    wrong = [check for check in checks if not check.passed]
    if wrong:  # the mistake lies behind the last of them, which is nearest to the output
        name, place = wrong[-1].name, wrong[-1].worst
        raise GradientError(f"FAIL: {len(wrong)} of {len(checks)} gradients are wrong; the last, by {name}: {place}")
    log.info(
        "PASS: all %d gradients agree with finite differences, largest relative error %.1e",
        len(checks),
        max(check.error for check in checks),
    )


def check_gradients(
    graph: Graph, loss: Loss, parameters: ParameterStore, problem: Problem, seed: int = 0
) -> list[Check]:
    """Compare derived gradients with central differences: one Check for each learned parameter and for the input.

    Of a large array some elements are drawn. Where the loss has a kink (a ReLU that switches, another maximum of a
    window) within reach of the step, the difference says nothing and another element is tried.

    Args:
        graph: of one input.
        loss: of its output.
        parameters: float64, with their values; unchanged afterwards but for running statistics.
        problem: whose targets are drawn.
        seed: of inputs, targets, masks and of the elements that are drawn.
    """
    rng = stream(seed, "gradcheck")
    workspace = Workspace(graph, parameters, generator=lambda name: stream(seed, f"layer {name}"), input_gradients=True)
    (shape,) = graph.inputs.values()
    inputs = rng.normal(size=(*shape, BATCH))
    targets = problem.random_targets(rng, BATCH)

    def value() -> float:
        workspace.generators.clear()
        outputs = graph.forward(workspace, inputs, step=Step(batch=BATCH, offset=0, training=True))
        return loss.forward(workspace.loss_context(BATCH), outputs, targets) / BATCH

    value()
    (dx,) = graph.backward(workspace, loss.backward(workspace.loss_context(BATCH)))
    learned = [name for name, parameter in graph.parameters.items() if parameter.trainable]
    arrays = [("the input", inputs, dx.copy())]
    arrays += [(name, parameters[name], parameters.gradient(name).copy()) for name in learned]
    return [_check(name, array, gradient, value, rng) for name, array, gradient in arrays]


def _check(
    name: str, array: np.ndarray, gradient: np.ndarray, value: Callable[[], float], rng: np.random.Generator
) -> Check:
    check, flat = Check(name, array.shape), array.reshape(-1)
    scale = max(SMALLEST, float(np.abs(gradient).max()))
    for index in rng.permutation(flat.size)[:CANDIDATES]:
        numeric, smooth = _difference(value, flat, index)
        if not smooth:
            check.skipped += 1
            continue
        derived = gradient.flat[index]
        error = abs(derived - numeric) / max(scale, abs(numeric))
        if not error <= check.error or not check.checked:  # so that NaN counts as largest
            place = [int(i) for i in np.unravel_index(index, array.shape)]
            check.error = error if np.isfinite(error) else np.inf
            check.worst = f"at {place} it is {derived:.9g}, the difference quotient {numeric:.9g}"
        check.checked += 1
        if check.checked == SAMPLES:
            break
    return check


def _difference(value: Callable[[], float], flat: np.ndarray, index: int) -> tuple[float, bool]:
    """The central difference quotient by one element, and whether the loss is smooth there.

    Of a smooth function the quotients of a step and of half a step agree, and the difference between its right and left
    quotient halves with the step. No kink within the step leaves both so.
    """
    start = flat[index]
    losses = []
    for steps in (-2, -1, 0, 1, 2):
        flat[index] = start + steps * STEP
        losses.append(value())
    flat[index] = start
    far_left, left, here, right, far_right = losses
    wide, narrow = (far_right - far_left) / (4 * STEP), (right - left) / (2 * STEP)
    wide_bend, narrow_bend = (far_right - 2 * here + far_left) / (2 * STEP), (right - 2 * here + left) / STEP
    roughness = max(abs(wide - narrow), abs(wide_bend - 2 * narrow_bend))
    return narrow, roughness <= TOLERANCE * max(SMALLEST, abs(narrow))
