"""Drawings as boxes and arrows, and as text in Graphviz's DOT language."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

from trainer.models.autograd.function import Function
from trainer.models.autograd.variable import Variable, history

Kind = Literal["input", "learned", "join", "shape", "plain"]
COLOURS: dict[Kind, str] = {
    "input": "#eaeef2",
    "learned": "#b6dcfe",
    "join": "#ffd8b5",
    "shape": "#d4f0d0",
    "plain": "#ffffff",
}


@dataclass(frozen=True)
class Box:
    """One node of a drawing: its name in bold, a line about it, and the meaning of its colour."""

    title: str
    detail: str
    kind: Kind = "plain"
    round: bool = False


@dataclass
class Diagram:
    """Boxes, and arrows between places in ``boxes``; an arrow always leads to a later box."""

    boxes: list[Box] = field(default_factory=list)
    arrows: list[tuple[int, int]] = field(default_factory=list)

    def add(self, box: Box, sources: list[int]) -> int:
        """Add a box with an arrow from each source and return its place."""
        self.boxes.append(box)
        self.arrows += [(source, len(self.boxes) - 1) for source in sources]
        return len(self.boxes) - 1

    def dot(self) -> str:
        """Return the drawing as DOT, for ``dot -Tsvg`` and the like."""
        lines = ["digraph {", '  node [shape=box, style=filled, fontname="Helvetica"]']
        for place, box in enumerate(self.boxes):
            label = json.dumps("\n".join(filter(None, (box.title, box.detail))), ensure_ascii=False)
            shape = ", shape=ellipse" if box.round else ""
            lines.append(f'  {place} [label={label}, fillcolor="{COLOURS[box.kind]}"{shape}]')
        lines += [f"  {source} -> {target}" for source, target in self.arrows]
        return "\n".join([*lines, "}"]) + "\n"


def diagram(output: Variable) -> Diagram:
    """Return the computation of ``output``: Variables as ellipses, functions as boxes, in the order they ran."""
    drawing, places = Diagram(), {}  # places by identity: == of Variables compares elements
    for function in reversed(history(output)):
        for x in function.inputs:
            if id(x) not in places:
                places[id(x)] = drawing.add(_ellipse(x), [])
        place = drawing.add(Box(_title(function), ""), [places[id(x)] for x in function.inputs])
        y = function.output()
        places[id(y)] = drawing.add(_ellipse(y), [place])
    if id(output) not in places:
        drawing.add(_ellipse(output), [])
    return drawing


def to_dot(output: Variable) -> str:
    """Return the computation of ``output`` in the DOT language."""
    return diagram(output).dot()


def _ellipse(x: Variable) -> Box:
    value = f"{x.data.item():.4g}" if x.size == 1 else f"{'×'.join(map(str, x.shape))} {x.dtype}"
    return Box(x.name or "", value, "input" if x.creator is None else "learned", round=True)


def _title(function: Function) -> str:
    exponent = getattr(function, "exponent", None)
    return type(function).__name__ + (f" {exponent:g}" if exponent is not None else "")
