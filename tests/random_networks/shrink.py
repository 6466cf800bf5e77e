"""Simplifying a case that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, replace
from functools import partial
from typing import Any

from tests.random_networks.case import Case
from tests.random_networks.generate import normalises_enough
from tests.random_networks.stack import make
from trainer import models
from trainer.compose.schema import ConfigError
from trainer.models import GraphError

Layers = Mapping[str, Any]

GROUPS = ("layers", "body", "shortcut")  # options that hold layers
SMALLER = ("out_channels", "out_features", "times", "kernel_size")  # options to make smaller; others are left out
MOST_TRIES = 600


def shrink(case: Case, fails: Callable[[Case], bool]) -> Case:
    """Simplify a case that fails, one change at a time, as long as it fails."""
    tries, before = 0, None
    while case != before and tries < MOST_TRIES:
        before = case
        for changes in (_steps, _run, _layers, _shape, _options, _batches):
            candidates = changes(case)
            while tries < MOST_TRIES and (candidate := next(candidates, None)) is not None:
                if candidate == case or not _fits(candidate):
                    continue
                tries += 1
                if fails(candidate):
                    case, candidates = candidate, changes(candidate)
    return case


def _fits(case: Case) -> bool:
    try:
        graph = models.build(case.layers, case.shape, make)
    except (GraphError, ConfigError):
        return False
    return graph.output_shape == (case.classes,) and normalises_enough(case, graph)


def _steps(case: Case) -> Iterator[Case]:
    for index in range(len(case.steps)):
        yield replace(case, steps=case.steps[:index] + case.steps[index + 1 :])


def _run(case: Case) -> Iterator[Case]:
    for field in fields(case):
        if field.default is not MISSING:  # workers, precision and so on
            yield replace(case, **{field.name: field.default})
    yield replace(case, workers=min(case.workers, 2))
    yield replace(case, optimizer={"_target_": "trainer.optimizers.SGD", "lr": 0.02})
    yield replace(case, loss={"_target_": "models.losses.MeanSquaredError"})


def _batches(case: Case) -> Iterator[Case]:
    sizes = sorted({int(step.split()[1]) for step in case.steps})
    for size in sizes:
        for smaller in _below(size):
            steps = (f"{kind} {smaller if int(n) == size else n}" for kind, n in map(str.split, case.steps))
            yield replace(case, steps=tuple(steps))


def _shape(case: Case) -> Iterator[Case]:
    for axis, size in enumerate(case.shape):
        for smaller in _below(size):
            yield replace(case, shape=(*case.shape[:axis], smaller, *case.shape[axis + 1 :]))
    if len(case.shape) == 3:
        for smaller in _below(min(case.shape[1:])):
            yield replace(case, shape=(case.shape[0], smaller, smaller))


def _layers(case: Case) -> Iterator[Case]:
    for layers, whole in _stacks(case.layers):
        for name in layers:
            for fewer in (*_without(layers, name), *_unfolded(layers, name)):
                if fewer:
                    yield replace(case, layers=whole(fewer))


def _options(case: Case) -> Iterator[Case]:
    for layers, whole in _stacks(case.layers):
        for name, declared in layers.items():
            for simpler in _simpler(declared):
                yield replace(case, layers=whole({**layers, name: simpler}))
    for name, declared in case.layers.items():
        for width in ("out_features", "out_channels"):
            if declared.get(width) == case.classes:
                yield replace(case, classes=2, layers={**case.layers, name: {**declared, width: 2}})


def _simpler(declared: Layers) -> Iterator[Layers]:
    for option, value in declared.items():
        if option in SMALLER:
            smaller = _below(value) if isinstance(value, int) else [max(value)]
            yield from ({**declared, option: number} for number in smaller)
        elif option not in ("_target_", "inputs", "layers", "body"):
            yield {name: given for name, given in declared.items() if name != option}


def _stacks(
    layers: Layers, whole: Callable[[Layers], Layers] = lambda layers: layers
) -> Iterator[tuple[Layers, Callable[[Layers], Layers]]]:
    """Yield every stack of layers, the outermost first, with a function that puts another stack in its place."""
    yield layers, whole
    for name, declared in layers.items():
        for option in GROUPS:
            if option in declared:
                yield from _stacks(declared[option], partial(_replaced, whole, layers, name, option))


def _replaced(whole: Callable[[Layers], Layers], layers: Layers, name: str, option: str, inner: Layers) -> Layers:
    return whole({**layers, name: {**layers[name], option: inner}})


def _without(layers: Layers, name: str) -> Iterator[Layers]:
    """Yield the stack without a layer; the layers that read it then read one of its inputs."""
    for source in _sources(layers, name):
        rest = {}
        for other, declared in layers.items():
            inputs = [source if read == name else read for read in _sources(layers, other)]
            if other != name:
                rest[other] = {**declared, "inputs": inputs}
                if _owner(declared) == name:
                    del rest[other]["shared_with"]
        yield _tidy(rest)


def _unfolded(layers: Layers, name: str) -> Iterator[Layers]:
    """Yield the stack with a group replaced by its layers, once."""
    for option in GROUPS:
        if inner := layers[name].get(option):
            names = {each: f"{name}_{each}" for each in inner}
            first = _sources(layers, name)[0]
            stack = {}
            for other, declared in layers.items():
                if other != name:
                    last = names[list(inner)[-1]]
                    inputs = [last if read == name else read for read in _sources(layers, other)]
                    stack[other] = {**declared, "inputs": inputs}
                    continue
                for each, part in inner.items():
                    inputs = [names.get(read, first) for read in _sources(inner, each)]
                    stack[names[each]] = {**part, "inputs": inputs}
                    if owner := _owner(part):
                        stack[names[each]]["shared_with"] = {"weight": f"{names[owner]}.weight"}
            yield _tidy(stack)


def _sources(layers: Layers, name: str) -> list[str]:
    """Return what a layer of a stack reads; the stack's own input is called ``input``."""
    names = ["input", *layers]
    return layers[name].get("inputs") or [names[names.index(name) - 1]]


def _owner(declared: Layers) -> str | None:
    """Return the layer whose parameters a layer shares."""
    given = declared.get("shared_with")
    return given["weight"].rpartition(".")[0] if isinstance(given, dict) else given


def _tidy(layers: dict[str, Any]) -> Layers:
    """Return the layers without those that nobody reads, and without ``inputs`` that are the default."""
    while layers:
        read = {source for declared in layers.values() for source in declared["inputs"]}
        unread = [name for name in list(layers)[:-1] if name not in read]
        if not unread:
            break
        layers = {name: declared for name, declared in layers.items() if name not in unread}
    names = ["input", *layers]
    return {
        name: {option: value for option, value in declared.items() if option != "inputs" or value != [names[place]]}
        for place, (name, declared) in enumerate(layers.items())
    }


def _below(number: int) -> list[int]:
    return sorted({1, number // 2, number - 1} & set(range(1, number)))
