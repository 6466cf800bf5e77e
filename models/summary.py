"""The layer table of a network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainer.models.shape import Shape, format_shape

if TYPE_CHECKING:
    from trainer.models.graph import Graph


@dataclass(frozen=True)
class LayerRow:
    """A layer, or an input, in figures.

    Attributes:
        name: The name of the layer.
        kind: Its class.
        output: The shape of one example of its output.
        parameters: How many it could learn; shared ones count once, where they are first used.
        frozen: How many of them keep their values.
        macs: Multiply-accumulates of one example.
        inputs: What it reads.
    """

    name: str
    kind: str
    output: Shape
    parameters: int = 0
    frozen: int = 0
    macs: int = 0
    inputs: tuple[str, ...] = ()


def layer_rows(graph: Graph) -> list[LayerRow]:
    """Return a row for each layer, in order."""
    rows, left = [], dict(graph.parameters)
    for node in graph.layers:
        own = [left.pop(name) for name in node.parameters.values() if name in left]
        learned = sum(math.prod(p.shape) for p in own if p.trainable or p.frozen)
        frozen = sum(math.prod(p.shape) for p in own if p.frozen)
        kind, macs = type(node.layer).__name__, node.layer.macs(*node.input_shapes)
        rows.append(LayerRow(node.name, kind, node.output_shape, learned, frozen, macs, node.inputs))
    return rows


def layer_table(graph: Graph) -> str:
    """Return the table for :meth:`Graph.summary`."""
    rows = [("name", "type", "output", "parameters", "multiply-accumulates")]
    rows += [(name, "Input", str(given), "", "") for name, given in graph.inputs.items()]
    found = layer_rows(graph)
    rows += [(r.name, r.kind, format_shape(r.output), _count(r.parameters), _count(r.macs)) for r in found]
    parameters, frozen, macs = (sum(getattr(row, name) for row in found) for name in ("parameters", "frozen", "macs"))
    rows.append(("total", "", f"{frozen:,} frozen" if frozen else "", f"{parameters:,}", f"{macs:,}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(_align(cells, widths)).rstrip() for cells in rows]
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _align(cells: tuple[str, ...], widths: list[int]) -> list[str]:
    return [cell.ljust(w) if i < 3 else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))]
