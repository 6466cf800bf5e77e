"""A network in few boxes: layers that belong together are one, and blocks that repeat are drawn once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

from trainer.models import Graph, Layer
from trainer.models.node import Node

Kind = Literal["input", "learned", "join", "shape", "plain", "fork"]


@dataclass
class Unit:
    """One box: a layer with weights, a join or an input, and the layers that only follow it.

    Attributes:
        kind: What gives it its colour; a fork is only the point at which a path divides.
        names: The names of its layers.
        layers: What each is, such as "Conv2d 5×5".
        shape: The shape of its output.
        parameters: That can be learned.
    """

    kind: Kind
    names: list[str] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    shape: tuple[int, ...] = ()
    parameters: int = 0

    @property
    def signature(self) -> tuple[object, ...]:
        """What is equal in two units that are drawn alike."""
        return self.kind, *self.layers, self.shape, self.parameters


@dataclass(frozen=True)
class Block:
    """Units that one path enters and one path leaves.

    Attributes:
        units: Their places, in topological order.
        times: How often it occurs, one after the other.
        name: What the names of its units have in common, if anything; of repeated ones, of the first and the last.
    """

    units: tuple[int, ...]
    times: int
    name: str


@dataclass(frozen=True)
class Folded:
    """A network in boxes.

    Attributes:
        units: In topological order.
        edges: Pairs of places in `units`.
        blocks: Every unit is in one, in order.
    """

    units: list[Unit]
    edges: list[tuple[int, int]]
    blocks: list[Block]


def size(shape: Sequence[int]) -> str:
    """Return a shape as text."""
    return "×".join(map(str, shape)) or "scalar"


def learned(graph: Graph, node: Node) -> int:
    """Return how many parameters of a node can be learned, frozen ones among them."""
    parameters = [graph.parameters[name] for name in node.parameters.values()]
    return sum(math.prod(p.shape) for p in parameters if p.trainable or p.frozen)


def describe(layer: Layer) -> str:
    """Return what a layer is: "Conv2d 5×5 /2", "Dropout 0.3"."""
    kernel, stride = getattr(layer, "kernel_size", None), getattr(layer, "stride", None)
    details = [size(kernel)] if isinstance(kernel, tuple) else []
    usual = [kernel] if "Pool" in type(layer).__name__ else [(1,), (1, 1)]
    if details and isinstance(stride, tuple) and stride not in usual:
        details.append(f"/{stride[0]}" if len({*stride}) == 1 else f"/{size(stride)}")
    if isinstance(p := getattr(layer, "p", None), float):
        details.append(f"{p:g}")
    return " ".join([type(layer).__name__, *details])


def folded(graph: Graph, by_shape: bool = False) -> Folded:
    """Return the network in boxes: see the classes of this file.

    What has no element, such as the categories of a table without any, is left out.

    Args:
        graph: The network.
        by_shape: Let every layer that changes the shape begin a box.
    """
    units, edges = _forked(*_units(graph, by_shape))
    parts = _parts(len(units), edges)
    kept, blocks, replaced = [], [], {}
    place = 0
    while place < len(parts):
        times = 1
        while place + times < len(parts) and _alike(units, edges, parts[place], parts[place + times]):
            times += 1
        first, last = parts[place], parts[place + times - 1]
        start = len(kept)
        kept += [units[unit] for unit in first]
        blocks.append(Block(tuple(range(start, len(kept))), times, _name(units, first, last)))
        for each in parts[place : place + times]:  # what follows the last one follows the one that is drawn
            replaced |= {unit: start + number for number, unit in enumerate(each)}
        place += times
    block_of = {unit: number for number, block in enumerate(blocks) for unit in block.units}
    found = dict.fromkeys((replaced[source], replaced[target]) for source, target in edges)
    inside = [edge for edge in found if edge[0] < edge[1] and block_of[edge[1]] - block_of[edge[0]] in (0, 1)]
    return Folded(kept, inside, blocks)


def _units(graph: Graph, by_shape: bool) -> tuple[list[Unit], list[tuple[int, int]]]:
    given = {name: each.shape for name, each in graph.inputs.items() if math.prod(each.shape)}
    units = [Unit("input", [name], [], shape) for name, shape in given.items()]
    place = {name: number for number, name in enumerate(given)}
    users: dict[str, int] = {}
    for node in graph.nodes:
        for source in dict.fromkeys(node.inputs):
            users[source] = users.get(source, 0) + 1
    ends = {place[name]: name for name in place}
    edges = []
    for node in graph.nodes:
        if not math.prod(node.output_shape):
            continue
        heavy = any(len(graph.parameters[name].shape) > 1 for name in node.parameters.values())
        sources = [source for source in dict.fromkeys(node.inputs) if source in place]
        before = place[sources[0]]
        follows = len(sources) == 1 and users[sources[0]] == 1 and ends[before] == sources[0]
        # What a join is followed by keeps its shape, so that the last of several blocks is like the others.
        reshapes = node.output_shape != node.input_shapes[0]
        apart = units[before].kind == "input" or (reshapes and (by_shape or units[before].kind == "join"))
        if heavy or not follows or apart:
            kind: Kind = "join" if len(sources) > 1 else "plain"
            units.append(Unit(kind))
            before = len(units) - 1
            edges += [(place[source], before) for source in sources]
        _add(units[before], node, learned(graph, node))
        place[node.name], ends[before] = before, node.name
    return units, edges


def _add(unit: Unit, node: Node, parameters: int) -> None:
    unit.names.append(node.name)
    unit.layers.append(describe(node.layer))
    unit.shape = node.output_shape
    unit.parameters += parameters
    if unit.kind != "join":
        shaped = unit.kind == "shape" or node.output_shape != node.input_shapes[0]
        unit.kind = "learned" if unit.parameters else "shape" if shaped else "plain"


def _forked(units: list[Unit], edges: list[tuple[int, int]]) -> tuple[list[Unit], list[tuple[int, int]]]:
    """Put a fork behind every unit that several others use, so that one path leaves it."""
    users = [sum(source == unit for source, _ in edges) for unit in range(len(units))]
    kept, leaves, place = [], {}, {}
    found = []
    for number, unit in enumerate(units):
        place[number] = len(kept)
        kept.append(unit)
        found += [(leaves[source], place[number]) for source, target in edges if target == number]
        leaves[number] = place[number]
        if users[number] > 1:
            found.append((place[number], len(kept)))
            leaves[number] = len(kept)
            kept.append(Unit("fork"))
    return kept, found


def _parts(count: int, edges: list[tuple[int, int]]) -> list[list[int]]:
    """Divide the units wherever all paths lead through a single edge."""
    parts: list[list[int]] = []
    for unit in range(count):
        crossing = [(source, target) for source, target in edges if source < unit <= target]
        if unit == 0 or crossing == [(unit - 1, unit)]:
            parts.append([])
        parts[-1].append(unit)
    return parts


def _alike(units: list[Unit], edges: list[tuple[int, int]], one: list[int], other: list[int]) -> bool:
    def inside(part: list[int]) -> set[tuple[int, int]]:
        return {(source - part[0], target - part[0]) for source, target in edges if {source, target} <= {*part}}

    same = [units[unit].signature for unit in one] == [units[unit].signature for unit in other]
    return same and inside(one) == inside(other) and all(units[unit].kind != "input" for unit in one)


def _name(units: list[Unit], first: list[int], last: list[int]) -> str:
    def common(part: list[int]) -> str:
        names = [units[unit].names for unit in part if units[unit].names]
        every, leading = [name for each in names for name in each], [each[0] for each in names]
        alone = len(part) == 1 or first != last  # then the first layer stands for all
        return _shared(every) or _shared(leading) or (leading[0] if alone else "")

    ends = dict.fromkeys([common(first), common(last)])
    return " – ".join(name for name in ends if name)


def _shared(names: list[str]) -> str:
    words = zip(*(name.split(".") for name in names), strict=False)
    return ".".join(each[0] for each in takewhile(lambda each: len({*each}) == 1, words))
