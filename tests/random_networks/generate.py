"""Random networks as in a configuration, one for each seed."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

from tests.random_networks.case import EXAMPLES, Case
from tests.random_networks.stack import Stack, make
from tests.random_networks.style import Style
from trainer import models
from trainer.models import Graph, GraphError
from trainer.models.shape import Shape

MOST_WORK = 1_500_000  # multiply-accumulates of one example
LEAST_VALUES = 4  # in a channel that BatchNorm normalises; with fewer the derivative is ill-conditioned


def generate(seed: int) -> Case:
    """Return the network of a seed, the same on every machine; parts that do not fit are drawn again."""
    attempts = (_attempt(Random(f"network {seed}, attempt {attempt}"), seed) for attempt in count())
    return next(case for case in attempts if case is not None)


def _attempt(rng: Random, seed: int) -> Case | None:
    try:
        case = _draw(rng, seed)
        graph = models.build(case.layers, case.shape, make)
    except GraphError:
        return None
    work = sum(node.layer.macs(*node.input_shapes) for node in graph.nodes)
    return case if work <= MOST_WORK and normalises_enough(case, graph) else None


def normalises_enough(case: Case, graph: Graph) -> bool:
    """Return whether BatchNorm gets enough values in every step."""
    batch = min((int(step.split()[1]) for step in case.steps if step.startswith("train")), default=EXAMPLES)
    shapes = [node.input_shapes[0] for node in graph.nodes if isinstance(node.layer, models.BatchNorm)]
    return all(batch * math.prod(shape[1:]) >= LEAST_VALUES for shape in shapes)


def _draw(rng: Random, seed: int) -> Case:
    style, classes = Style(rng), rng.randint(2, 6)
    image = rng.random() < 0.9
    shape = (rng.choice([1, 2, 3, style.width()]), *_size(rng)) if image else (rng.randint(3, 40),)
    layers = _network(style, shape, classes)
    labels, loss = _loss(rng)
    return Case(
        seed=seed,
        shape=shape,
        classes=classes,
        labels=labels,
        layers=layers,
        loss=loss,
        optimizer=_optimizer(rng),
        steps=tuple(_steps(rng)),
        precision=rng.choice(["float64", "float64", "float32"]),
        fuse=rng.random() < 0.6,
        workers=rng.choice([1, 1, 1, 2, 2, 3]),
        winograd=rng.random() < 0.5,
    )


def _size(rng: Random) -> tuple[int, int]:
    height = rng.randint(6, rng.choice([12, 20, 32]))
    return height, height if rng.random() < 0.6 else rng.randint(6, 20)


def _network(style: Style, shape: Shape, classes: int) -> dict[str, Any]:
    rng, stack = style.rng, Stack(shape, "input")
    for _ in range(rng.randint(2, 6)):
        stack = _grown(style, stack)
    if len(stack.shape) == 3 and rng.random() < 0.15:  # a network with convolutions only
        stack.add("head", {"_target_": "models.Conv2d", "out_channels": classes, "kernel_size": 1})
        stack.add("global", {"_target_": "models.GlobalAvgPool"})
        return stack.layers
    if len(stack.shape) == 3 and (end := rng.choice(["Flatten", "Flatten", "GlobalAvgPool", None])):
        stack.add("vector", {"_target_": f"models.{end}"})
        for _ in range(rng.randint(0, 2)):
            stack = _grown(style, stack)
    stack.add("head", {"_target_": "models.Linear", "out_features": classes})
    return stack.layers


def _grown(style: Style, stack: Stack) -> Stack:
    """Return the stack with one more block at its end, if one that fits turns up soon."""
    blocks, weights = zip(*BLOCKS, strict=True)
    for _ in range(5):
        grown = copy.deepcopy(stack)
        try:
            style.rng.choices(blocks, weights)[0](style, grown)
        except GraphError:
            continue
        return grown
    return stack


def _unit(style: Style, stack: Stack) -> None:
    """Add a layer that learns, with layers that may follow it."""
    vector = len(stack.shape) == 1
    layer = ("fc", style.linear()) if vector else ("conv", style.convolution(*stack.shape[1:]))
    stack.add(*layer, share=style.chance("sharing"))
    _finish(style, stack)
    if not vector and style.rng.random() < 0.2:
        stack.add("pool", style.pool())


def _same(style: Style, stack: Stack, width: int | None = None, stride: int = 1) -> None:
    """Add a unit that keeps the size of an image or divides it by the stride."""
    rank = len(stack.shape)
    layer = style.same(rank, width or style.width(), stride)
    stack.add("fc" if rank == 1 else "conv", layer, share=style.chance("sharing"))
    _finish(style, stack)


def _finish(style: Style, stack: Stack) -> None:
    if style.chance("norm"):
        stack.add("norm", style.norm(), share=style.chance("sharing"))
    if style.chance("activation"):
        stack.add("act", style.activation())


def _pool(style: Style, stack: Stack) -> None:
    stack.add("pool", style.pool())


def _elementwise(style: Style, stack: Stack) -> None:
    draws = [("norm", style.norm), ("act", style.activation), ("formula", style.expression), ("drop", style.dropout)]
    kind, draw = style.rng.choice([*draws, draws[2]])
    stack.add(kind, draw())


def _residual(style: Style, stack: Stack) -> None:
    body, width, stride = Stack(stack.shape), stack.shape[0], 1
    declared: dict[str, Any] = {"_target_": "models.Residual", "body": body.layers}
    if style.rng.random() < 0.35:
        width, stride = style.width(), style.rng.randint(1, 2)
        shortcut = Stack(stack.shape)
        _same(style, shortcut, width, stride)
        declared["shortcut"] = shortcut.layers
    if style.rng.random() < 0.6:
        _same(style, body)
    _same(style, body, width, stride)
    stack.add("block", declared)
    if style.chance("activation"):
        stack.add("act", style.activation())


def _branches(style: Style, stack: Stack) -> None:
    """Add two or three branches from one node, joined again; one of them may be empty."""
    rng, source, ends = style.rng, stack.last, []
    if source is None:
        raise GraphError("there is no name to begin with")
    kind = rng.choice(["Concatenate", "Concatenate", "Add", "Multiply", "Expression"])
    ways, width = 2 if kind == "Expression" else rng.randint(2, 3), style.width()
    if rng.random() < 0.3:
        ends, width = [source], stack.shape[0]
    while len(ends) < ways:
        stack.go_to(source)
        if rng.random() < 0.4:
            _same(style, stack)
        _same(style, stack, None if kind == "Concatenate" else width)
        ends.append(stack.last)
    rng.shuffle(ends)
    stack.add("join", style.expression_of_two() if kind == "Expression" else {"_target_": f"models.{kind}"}, ends)


def _skip(style: Style, stack: Stack) -> None:
    """Join an earlier output again."""
    rng = style.rng
    near = [name for name, shape in stack.shapes.items() if name != stack.last and shape[1:] == stack.shape[1:]]
    if not near:
        raise GraphError("nothing earlier fits")
    other = rng.choice(near)
    kinds = ["Add", "Multiply"] if stack.shapes[other] == stack.shape else []
    ends = [stack.last, other]
    rng.shuffle(ends)
    stack.add("skip", {"_target_": f"models.{rng.choice([*kinds, 'Concatenate'])}"}, ends)


def _nested(style: Style, stack: Stack) -> None:
    """Add a named group of layers, perhaps several times in a row."""
    inner, times = Stack(stack.shape), style.rng.randint(1, 3)
    for _ in range(style.rng.randint(1, 2)):
        style.rng.choice([_unit, _same, _residual, _branches, _skip])(style, inner)
    options = {"times": times} if times > 1 else {}
    group = "Repeat" if times > 1 else "Sequential"
    stack.add(group.lower(), {"_target_": f"models.{group}", **options, "layers": inner.layers})


BLOCKS = [(_unit, 12), (_pool, 2), (_elementwise, 3), (_residual, 3), (_branches, 3), (_skip, 2), (_nested, 3)]


def _loss(rng: Random) -> tuple[bool, dict[str, Any]]:
    """Return whether the targets are labels, and the loss."""
    kind = rng.choice(["CrossEntropy"] * 4 + ["MeanSquaredError", "HalfSquaredError", "ExpressionLoss"])
    loss: dict[str, Any] = {"_target_": f"models.losses.{kind}"}
    if kind == "CrossEntropy" and rng.random() < 0.3:
        loss["label_smoothing"] = 0.1
    if kind == "ExpressionLoss":
        loss["formula"] = "softplus(y) - t * y"
    return kind == "CrossEntropy" or rng.random() < 0.3, loss


def _optimizer(rng: Random) -> dict[str, Any]:
    kind = rng.choice(["SGD", "SGD", "Adam", "AdamW"])
    # A large eps; with its usual one, Adam makes a full step from a gradient that is only rounding.
    options: dict[str, Any] = {"lr": 0.005, "eps": 0.001}
    if kind == "SGD":
        options = {"lr": 0.02, "momentum": rng.choice([0.0, 0.9])}
        options["nesterov"] = bool(options["momentum"]) and rng.random() < 0.5
    return {"_target_": f"trainer.training.optimizers.{kind}", **options, "weight_decay": rng.choice([0.0, 0.0, 0.01])}


def _steps(rng: Random) -> Iterator[str]:
    """Yield steps of two or three batch sizes, where the first comes again after another; evaluations lie between."""
    first = rng.randint(1, 8)
    sizes = [first, rng.choice([first * 2, first * 3, max(1, first // 2), rng.randint(1, 8)]), rng.randint(1, 8)]
    sizes = [min(size, EXAMPLES) for size in sizes]
    for index in [0, 1, 0, *(rng.randrange(3) for _ in range(rng.randint(1, 3)))]:
        yield f"train {sizes[index]}"
        if rng.random() < 0.4:
            yield f"evaluate {rng.choice(sizes)}"
    yield f"evaluate {rng.choice(sizes)}"
