"""The layer table of a network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trainer.models.shape import format_shape

if TYPE_CHECKING:
    from trainer.models.graph import Graph


def layer_table(graph: Graph) -> str:
    """Return the table for :meth:`Graph.summary`."""
    rows = [("name", "type", "output", "parameters", "multiply-accumulates")]
    rows += [(name, "Input", str(given), "", "") for name, given in graph.inputs.items()]
    sizes, macs, frozen = [], [], 0
    left = dict(graph.parameters)  # a shared parameter counts once, where it is first used
    for node in graph.layers:
        own = [left.pop(name) for name in node.parameters.values() if name in left]
        sizes.append(sum(math.prod(p.shape) for p in own if p.trainable or p.frozen))
        frozen += sum(math.prod(p.shape) for p in own if p.frozen)
        macs.append(node.layer.macs(*node.input_shapes))
        rows.append(
            (
                node.name,
                type(node.layer).__name__,
                format_shape(node.output_shape),
                _count(sizes[-1]),
                _count(macs[-1]),
            )
        )
    rows.append(("total", "", f"{frozen:,} frozen" if frozen else "", f"{sum(sizes):,}", f"{sum(macs):,}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(_align(cells, widths)).rstrip() for cells in rows]
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _align(cells: tuple[str, ...], widths: list[int]) -> list[str]:
    return [cell.ljust(w) if i < 3 else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))]
